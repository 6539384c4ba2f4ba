"""Wildcards: found as cdk-nag finds them, accepted only for a reason and on one role."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from cdk_nag import AwsSolutionsChecks

from stacks.constructs.wildcards import Wildcard, allow, findings, flat


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/*"),
        ({"Ref": "Bucket"}, "<Bucket>"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "<Bucket.Arn>"),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/*"]]}, "<B.Arn>/*"),
        ({"Fn::Sub": "arn:${AWS::Partition}:x"}, "arn:<AWS::Partition>:x"),
        ({"Fn::Other": {"A": 1}}, '{"Fn::Other":{"A":1}}'),
    ],
)
def test_expressions_are_flattened_as_cdk_nag_does(expression: object, text: str) -> None:
    assert flat(expression) == text


def test_only_what_is_allowed_is_a_finding() -> None:
    document: dict[str, Any] = {
        "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": "arn:x"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:y/*", "arn:z"]},
        ]
    }
    assert list(findings(document)) == ["Action::s3:Get*", "Resource::arn:y/*"]


def _statement() -> PolicyStatement:
    return PolicyStatement(actions=["s3:Get*"], resources=["arn:aws:s3:::bucket/*"])


def _violations(directory: Path, *wildcards: Wildcard) -> list[str]:
    app = App(outdir=str(directory), builtin_cloud_formation_validation=False)
    stack = Stack(app, "Stack")
    role = Role(stack, "Role", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
    other = Role(stack, "Other", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
    allow(role, _statement(), *wildcards)
    other.add_to_policy(_statement())
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((directory / "validation-report.json").read_text())["pluginReports"]
    return sorted(
        f"{construct['constructPath'].split('/')[1]} {violation['ruleName']}"
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    )


def test_a_reason_accepts_its_wildcard_on_its_role_alone(tmp_path: Path) -> None:
    assert _violations(tmp_path, Wildcard("Action::s3:Get*", "Because.")) == [
        "Other AwsSolutions-IAM5[Action::s3:Get*]",
        "Other AwsSolutions-IAM5[Resource::arn:aws:s3:::bucket/*]",
        "Role AwsSolutions-IAM5[Resource::arn:aws:s3:::bucket/*]",
    ]
