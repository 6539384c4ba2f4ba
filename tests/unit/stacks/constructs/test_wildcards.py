"""Wildcards: accepted as cdk-nag reports them, only for a reason and on one role."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal

from stacks.constructs.findings import Templates
from stacks.constructs.nag_rules import NagRules
from stacks.constructs.wildcards import Wildcard, allow

pytestmark = pytest.mark.usefixtures("build")


_ACTIONS = ["s3:Get*"]
_RESOURCES = ["arn:aws:s3:::bucket/*"]


def _violations(directory: Path, *wildcards: Wildcard) -> list[str]:
    app = App(outdir=str(directory), builtin_cloud_formation_validation=False)
    stack = Stack(app, "Stack")
    role = Role(stack, "Role", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
    other = Role(stack, "Other", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
    allow(role, _ACTIONS, _RESOURCES, *wildcards)
    other.add_to_policy(PolicyStatement(actions=_ACTIONS, resources=_RESOURCES))
    Validations.of(app).add_plugins(NagRules(app, "dev", Templates()))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((directory / "validation-report.json").read_text())["pluginReports"]
    return sorted(
        f"{construct['constructPath'].split('/')[1]} {violation['ruleName']}"
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    )


ACTION = Wildcard("Action::s3:Get*", "Because.")
OTHERS = [
    "Other AwsSolutions-IAM5[Action::s3:Get*]",
    "Other AwsSolutions-IAM5[Resource::arn:aws:s3:::bucket/*]",
]


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        ([], ["Role AwsSolutions-IAM5[Action::s3:Get*]"]),
        ([ACTION], []),
        ([Wildcard("Action::s3:Put*", "Because.")], ["Role AwsSolutions-IAM5[Action::s3:Get*]"]),
    ],
)
def test_a_reason_accepts_its_wildcard_on_its_role_alone(
    tmp_path: Path, accepted: list[Wildcard], left: list[str]
) -> None:
    resource = "Role AwsSolutions-IAM5[Resource::arn:aws:s3:::bucket/*]"
    assert _violations(tmp_path, *accepted) == sorted([*OTHERS, *left, resource])


def test_an_app_does_not_accept_for_another_with_the_same_paths(tmp_path: Path) -> None:
    _violations(tmp_path / "accepting", ACTION)
    assert "Role AwsSolutions-IAM5[Action::s3:Get*]" in _violations(tmp_path / "strict")
