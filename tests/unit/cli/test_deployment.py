from __future__ import annotations

from cli.deployment import _explanation, failed_resources

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


def test_of_node_that_ended_its_own_words_are_told_and_what_to_do() -> None:
    lines = [
        *("b'\\n'", "b'FATAL ERROR: JavaScript heap out of memory: 40 \\xc2\\xb0C\\n'", "warned"),
        *(
            "Traceback (most recent call last):",
            "  File",
            "json.decoder.JSONDecodeError: Expecting",
        ),
        *(
            "NodeEnded: Node ended",
            "  Nothing was synthesized.",
            "python3: Subprocess exited with 1",
        ),
    ]
    assert _explanation("\n".join(lines)).splitlines() == [
        *("FATAL ERROR: JavaScript heap out of memory: 40 °C", "warned"),
        *("NodeEnded: Node ended", "  Nothing was synthesized."),
    ]
