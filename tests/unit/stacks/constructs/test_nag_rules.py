"""cdk-nag: its own findings, asked for again where they could differ."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Acknowledgment, App, CfnResource, Stack, Validations
from aws_cdk.aws_s3 import CfnBucket
from cdk_nag import AwsSolutionsChecks

from stacks.constructs import nag_rules
from stacks.constructs.findings import Templates
from stacks.constructs.nag_rules import NagRules

RULE = "AwsSolutions-S10"
HASHES = ("0f" * 32, "1e" * 32)

pytestmark = pytest.mark.usefixtures("build")


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / f"out-{number}" for number in count())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time that cdk-nag was asked."""
    calls: list[None] = []
    ask = nag_rules._asked

    def counted(context: Any) -> Any:
        calls.append(None)
        return ask(context)

    monkeypatch.setattr(nag_rules, "_asked", counted)
    return calls


def _app(outdir: Path, *, key: str = HASHES[0], name: str = "Bucket") -> App:
    """A bucket that cdk-nag finds faults with, and a layer whose content is an asset."""
    app = App(outdir=str(outdir), builtin_cloud_formation_validation=False)
    stack = Stack(app, "Stack")
    CfnBucket(stack, name)
    content = {"S3Bucket": "assets", "S3Key": f"{key}.zip"}
    CfnResource(stack, "Layer", type="AWS::Lambda::LayerVersion", properties={"Content": content})
    return app


def _findings(app: App, *, fails: bool = True) -> list[dict[str, Any]]:
    if fails:
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            app.synth()
    else:
        app.synth()
    (report,) = json.loads((Path(app.outdir) / "validation-report.json").read_text())[
        "pluginReports"
    ]
    assert report["pluginName"] == "AwsSolutions"
    violations: list[dict[str, Any]] = report["violations"]
    return [
        {
            **{key: violation[key] for key in ("ruleName", "description", "severity")},
            "at": [place["constructPath"] for place in violation["violatingConstructs"]],
        }
        for violation in violations
    ]


def _kept(outdir: Path, **made: Any) -> list[dict[str, Any]]:
    app = _app(outdir, **made)
    Validations.of(app).add_plugins(NagRules(app, "dev", Templates()))
    return _findings(app)


def test_findings_are_cdk_nags_own_and_fail_again_when_kept(
    outputs: Iterator[Path], asked: list[None]
) -> None:
    plain = _app(next(outputs))
    Validations.of(plain).add_plugins(AwsSolutionsChecks(plain))
    own = _findings(plain)
    assert RULE in [found["ruleName"] for found in own]
    assert [_kept(next(outputs)), _kept(next(outputs))] == [own, own]
    assert len(asked) == 1


def test_what_changed_is_asked_about_and_other_code_is_not(
    outputs: Iterator[Path], asked: list[None]
) -> None:
    first = _kept(next(outputs))
    assert _kept(next(outputs), key=HASHES[1]) == first
    assert len(asked) == 1
    assert {at for found in _kept(next(outputs), name="Other") for at in found["at"]} == {
        "Stack/Other"
    }
    assert len(asked) == 2


def test_another_source_of_the_stacks_is_asked_again(
    outputs: Iterator[Path], asked: list[None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _kept(next(outputs))
    other = tmp_path / "stack.py"
    other.write_text("# acknowledges something\n")
    monkeypatch.setattr(nag_rules, "_sources", lambda: [other])
    _kept(next(outputs))
    other.write_text("# acknowledges nothing\n")
    _kept(next(outputs))
    assert len(asked) == 3


def test_cdk_nag_is_not_imported_where_nothing_changed(
    outputs: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _kept(next(outputs))
    monkeypatch.setitem(sys.modules, "cdk_nag", None)
    assert _kept(next(outputs)) == own


def test_a_finding_that_is_kept_can_be_acknowledged(outputs: Iterator[Path]) -> None:
    found = _kept(next(outputs))
    app = _app(next(outputs))
    accepted = [
        Acknowledgment(id=f"AwsSolutions::{each['ruleName']}", reason="Shown.") for each in found
    ]
    Validations.of(app).acknowledge(*accepted)
    Validations.of(app).add_plugins(NagRules(app, "dev", Templates()))
    assert _findings(app, fails=False) == []
