from __future__ import annotations

from cli.deployment import failed_resources

OUTPUT = """\
weir-dev-catalog | 12/5 | 6:51:29 AM | UPDATE_FAILED           | Custom::WeirSchemas        | \
Catalog/Schemas (Schemas) InvalidContract: contract a  x: type string; expected int
  Add a column of another name.
weir-dev-catalog | 11/5 | 6:51:30 AM | UPDATE_IN_PROGRESS      | Custom::WeirSchemas        | \
Catalog/Schemas (Schemas)

Failed resources:
weir-dev-catalog | 6:51:29 AM | UPDATE_FAILED           | Custom::WeirSchemas        | \
Catalog/Schemas (Schemas) InvalidContract: contract a  x: type string; expected int
weir-dev-orchestration |  3/9 | 6:51:31 AM | CREATE_COMPLETE  | AWS::IAM::Role  | \
Orchestration/PlanLoadsRole (PlanLoadsRole4D9D325E)
  Add a column of another name.
contract b  y: the column is gone

 ❌  Catalog (weir-dev-catalog) failed: ...
Source Location: ...
"""


def test_a_failed_resource_is_told_with_its_whole_reason() -> None:
    assert failed_resources(OUTPUT.splitlines()) == [
        "weir-dev-catalog: Catalog/Schemas (Schemas) "
        "InvalidContract: contract a  x: type string; expected int",
        "  Add a column of another name.",
        "contract b  y: the column is gone",
    ]


def test_output_without_a_list_of_failed_resources_names_none() -> None:
    assert failed_resources(["Bundling failed", ""]) == []
