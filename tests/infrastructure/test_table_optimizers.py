"""The switch `glue_table_optimizers`: a role for Glue, handed over by the migration alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly, Resource, flat
from tests.infrastructure.conftest import Synthesize


@pytest.fixture(scope="module")
def compacted(synthesized: Synthesize) -> Assembly:
    return synthesized("dev", glue_table_optimizers=True)


def _optimizer(assembly: Assembly) -> list[Resource]:
    roles = assembly.resources("AWS::IAM::Role", stack="catalog")
    return [role for role in roles if role.logical_id.startswith("OptimizerRole")]


def _statements(assembly: Assembly, owner: str) -> list[dict[str, Any]]:
    """Of the policies of one role of the catalog stack, found by what its id begins with."""
    return [
        statement
        for policy in assembly.resources("AWS::IAM::Policy", stack="catalog")
        if any(flat(role).startswith(f"<{owner}") for role in policy.properties["Roles"])
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def _passed(assembly: Assembly) -> list[dict[str, Any]]:
    statements = _statements(assembly, "MigrateSchemasRole")
    return [statement for statement in statements if statement["Action"] == "iam:PassRole"]


def _environment(assembly: Assembly, name: str) -> Any:
    functions = assembly.resources("AWS::Lambda::Function")
    (function,) = (f for f in functions if f.properties.get("FunctionName") == name)
    return function.properties["Environment"]["Variables"]


def test_the_migration_hands_the_role_to_glue_and_to_no_other_service(compacted: Assembly) -> None:
    (role,) = _optimizer(compacted)
    trusted = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert [each["Principal"] for each in trusted] == [{"Service": "glue.amazonaws.com"}]
    (passed,) = _passed(compacted)
    assert passed["Resource"] == {"Fn::GetAtt": [role.logical_id, "Arn"]}
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}


def test_the_role_commits_to_silver_and_gold_and_to_nothing_else(compacted: Assembly) -> None:
    tables = [
        flat(resource)
        for statement in _statements(compacted, "OptimizerRole")
        if "glue:UpdateTable" in statement["Action"]
        for resource in statement["Resource"]
    ]
    named = {table.rpartition(":")[2] for table in tables}
    assert named == {
        "catalog",
        *(f"database/weir_dev_{zone}" for zone in ("silver", "gold")),
        *(f"table/weir_dev_{zone}/*" for zone in ("silver", "gold")),
    }


def test_the_switch_calls_the_migration_and_tells_the_maintenance(
    compacted: Assembly, dev: Assembly
) -> None:
    """A changed property is what CloudFormation calls a custom resource for."""
    on, off = (
        next(iter(each.resources("Custom::WeirSchemas"))).properties for each in (compacted, dev)
    )
    assert on["OptimizerRole"] != off["OptimizerRole"] == ""
    for assembly, told in ((compacted, "true"), (dev, "false")):
        assert _environment(assembly, "weir-dev-maintain-table")["WEIR_GLUE_JOINS"] == told


def test_without_the_switch_there_is_no_role_and_optimizers_can_only_be_taken_away(
    dev: Assembly,
) -> None:
    assert _optimizer(dev) == []
    assert _passed(dev) == []
    assert _environment(dev, "weir-dev-migrate-schemas")["WEIR_OPTIMIZER_ROLE_ARN"] == ""
    allowed = [statement["Action"] for statement in _statements(dev, "MigrateSchemasRole")]
    assert any("glue:DeleteTableOptimizer" in actions for actions in allowed)


def test_rules_of_cdk_nag_hold(compacted: Assembly) -> None:
    assert compacted.nag["conclusion"] == "success"
