from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aws_cdk import (
    Acknowledgment,
    App,
    CfnMapping,
    CfnResource,
    CfnWaitConditionHandle,
    IPolicyValidationContext,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
    Validations,
)

from app import asks_rules
from stacks.constructs import template_rules
from stacks.constructs.findings import Templates
from stacks.constructs.template_rules import NAME, TemplateRules

HASHES = ("0f" * 32, "1e" * 32)
ROLE = "arn:aws:iam::123456789012:role/any"
RULE = "W1"

pytestmark = pytest.mark.usefixtures("build")


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / f"out-{number}" for number in count())


class _Plugin:
    """In place of the CDK's, whose engine takes seconds to start: finds one thing."""

    asked: ClassVar[list[list[str]]] = []

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        stacks = context.stack_templates
        self.asked.append([stack.stack_construct_path for stack in stacks])
        place = PolicyViolatingResource(locations=[], template_path=stacks[0].template_path)
        violation = PolicyViolation(
            rule_name=RULE, description="Odd.", severity="warning", violating_resources=[place]
        )
        return PolicyValidationPluginReport(success=True, violations=[violation])


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> type[_Plugin]:
    monkeypatch.setattr(_Plugin, "asked", [])
    monkeypatch.setattr(template_rules, "CloudFormationValidatePlugin", _Plugin)
    return _Plugin


def _app(outdir: Path, *, builtin: bool = False, key: str = HASHES[0], **properties: Any) -> App:
    """Two stacks with a mapping that nobody uses, one with a function."""
    errors_fail = {"@aws-cdk/core:validateAgainstDefaultRules": True}  # as in cdk.json
    app = App(outdir=str(outdir), context=errors_fail, builtin_cloud_formation_validation=builtin)
    idle, busy = Stack(app, "Idle"), Stack(app, "Busy")
    CfnWaitConditionHandle(idle, "Handle")
    for stack in (idle, busy):
        CfnMapping(stack, "Nobody", mapping={"a": {"b": "c"}})
    code = {"S3Bucket": "assets", "S3Key": f"{key}.zip"}
    function = {"Role": ROLE, "Code": code, "Handler": "a.b", "Runtime": "python3.12"}
    CfnResource(
        busy, "Function", type="AWS::Lambda::Function", properties={**function, **properties}
    )
    return app


def _findings(app: App, *, fails: bool = False) -> list[dict[str, Any]]:
    """Synthesize, and read what the report says of the CDK's rules."""
    if fails:
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            app.synth()
    else:
        app.synth()
    told = json.loads((Path(app.outdir) / "validation-report.json").read_text())["pluginReports"]
    (report,) = (each for each in told if each["pluginName"] == NAME)
    violations: list[dict[str, Any]] = report["violations"]
    return violations


def _with_rules(outdir: Path, **made: Any) -> App:
    app = _app(outdir, **made)
    Validations.of(app).add_plugins(TemplateRules("dev", Templates()))
    return app


def test_findings_are_the_cdks_own_and_fail_again_when_kept(
    outputs: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"Timeout": "soon"}
    own = _findings(_app(next(outputs), builtin=True, **wrong), fails=True)
    assert {"W7001", "F3012"} <= {violation["ruleName"] for violation in own}
    assert _findings(_with_rules(next(outputs), **wrong), fails=True) == own
    monkeypatch.delattr(template_rules, "CloudFormationValidatePlugin")
    assert _findings(_with_rules(next(outputs), **wrong), fails=True) == own


def test_what_changed_is_asked_about_and_other_code_is_not(
    outputs: Iterator[Path], plugin: type[_Plugin]
) -> None:
    changes: list[dict[str, Any]] = [{}, {"key": HASHES[1]}, {"Timeout": 5}, {"Timeout": 6}, {}]
    for change in changes:
        found = _findings(_with_rules(next(outputs), **change))
        assert [violation["ruleName"] for violation in found] == [RULE], change
    assert plugin.asked == [["Busy", "Idle"], ["Busy"], ["Busy"], ["Busy"]]


def test_another_version_of_the_cdk_is_asked_again(
    outputs: Iterator[Path], plugin: type[_Plugin], monkeypatch: pytest.MonkeyPatch
) -> None:
    _findings(_with_rules(next(outputs)))
    monkeypatch.setattr(template_rules, "version", lambda library: "99.0.0")
    _findings(_with_rules(next(outputs)))
    assert plugin.asked == [["Busy", "Idle"]] * 2


def test_a_finding_that_is_kept_can_be_acknowledged(
    outputs: Iterator[Path], plugin: type[_Plugin]
) -> None:
    _findings(_with_rules(next(outputs)))
    app = _with_rules(next(outputs))
    accepted = Acknowledgment(id=f"CloudFormation-Validate::{RULE}", reason="Shown.")
    Validations.of(app).acknowledge(accepted)
    assert _findings(app) == []
    assert len(plugin.asked) == 1


@pytest.mark.parametrize(
    ("variables", "asked"),
    [({}, True), ({"CDK_VALIDATION": "false"}, False), ({"CDK_VALIDATION": "0"}, True)],
)
def test_the_rules_are_left_out_where_the_cdk_would_leave_them_out(
    variables: dict[str, str], asked: bool
) -> None:
    """aws-cdk-lib, core/lib/private/synthesis-validation.ts: `CDK_VALIDATION !== 'false'`."""
    assert asks_rules(variables) is asked
