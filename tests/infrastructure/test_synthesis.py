"""The app as a whole: what it consists of, and that checkers find nothing wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cfnlint.api import lint_by_config
from cfnlint.config import ManualArgs

from stacks.assets import ROOT, code_zip
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.conftest import Synthesize

STACKS = (
    *("network", "lake", "catalog", "ingestion", "streaming"),
    *("processing", "warehouse", "orchestration", "observability"),
)


def test_a_stage_is_nine_stacks(stage: Assembly) -> None:
    assert set(stage.templates) == set(STACKS)


def test_synthesis_needs_no_account_and_no_region(stage: Assembly) -> None:
    manifest = json.loads((stage.directory / "manifest.json").read_text())
    stacks = [a for a in manifest["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]
    assert {a["environment"] for a in stacks} == {"aws://unknown-account/unknown-region"}


def test_nothing_was_asked_of_an_account(stage: Assembly) -> None:
    manifest = json.loads((stage.directory / "manifest.json").read_text())
    assert not manifest.get("missing")


def test_nag_has_no_finding_without_a_reason(stage: Assembly) -> None:
    assert stage.nag["violations"] == []


def test_each_acknowledgement_stands_on_the_resource_it_is_about(stage: Assembly) -> None:
    for finding in stage.nag["suppressedViolations"]:
        assert finding["reason"].strip(), finding["ruleName"]
        for construct in finding["violatingConstructs"]:
            at = finding["acknowledgedAt"]
            own = construct["constructPath"].removesuffix("/Resource")
            assert at.removesuffix("/Resource") == own, f"{finding['ruleName']} at {at}"


@pytest.mark.slow
def test_cfn_lint_finds_no_error(stage: Assembly) -> None:
    templates = [str(path) for path in stage.directory.glob("*.template.json")]
    matches = lint_by_config(ManualArgs(templates=templates, ignore_checks=["W", "I"]))
    assert [str(match) for match in matches] == []


def test_two_stages_fit_one_account(dev: Assembly, prod: Assembly) -> None:
    assert _names(dev) & _names(prod) == set()


def _names(assembly: Assembly) -> set[tuple[str, str]]:
    """Names that an account has once, as far as a template writes them out."""
    return {
        (resource.type, value)
        for resource in assembly.resources()
        for name, value in resource.properties.items()
        if name in ("Name", "AliasName") or name.endswith("Name")
        if isinstance(value, str) and name not in _NAMES_OF_OTHER_THINGS
    }


_NAMES_OF_OTHER_THINGS = ("PolicyName", "NamespaceName", "DbName", "MetricName", "ServiceName")


def test_names_that_others_look_for_hold_the_stage(dev: Assembly) -> None:
    named = {
        "AWS::Lambda::Function": "FunctionName",
        "AWS::Glue::Job": "Name",
        "AWS::StepFunctions::StateMachine": "StateMachineName",
        "AWS::CloudWatch::Alarm": "AlarmName",
        "AWS::RedshiftServerless::Workgroup": "WorkgroupName",
        "AWS::SQS::Queue": "QueueName",
    }
    for type_, property_ in named.items():
        for resource in dev.resources(type_):
            assert str(resource.properties[property_]).startswith("weir-dev-"), resource


@pytest.mark.parametrize(
    ("concern", "outputs"),
    [
        (
            "lake",
            {
                *("LandingBucket", "BronzeBucket", "SilverBucket", "GoldBucket"),
                *("QuarantineBucket", "AthenaResultsBucket", "LogsBucket"),
            },
        ),
        ("catalog", {"LedgerTable", "PlansUri", "AthenaWorkgroup"}),
        ("warehouse", {"WorkgroupName", "WarehouseDatabase"}),
        ("orchestration", {"PipelineArn", "LoaderRoleArn"}),
        ("processing", {"StageJob", "SilverJob", "GoldJob", "BackfillJob"}),
        ("ingestion", {"RegisterQueueUrl", "DeadLetterQueueUrl"}),
    ],
)
def test_the_command_line_finds_a_stage_by_its_outputs(
    dev: Assembly, concern: str, outputs: set[str]
) -> None:
    assert outputs <= set(dev.outputs(concern))


def test_the_same_sources_give_the_same_templates(dev: Assembly, synthesized: Synthesize) -> None:
    assert synthesized("dev").templates == dev.templates


def test_code_assets_depend_on_the_sources_alone(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text("x = 1\n")
    (package / "notes.txt").write_text("not code")
    first = code_zip("same-sources", ("package",), root=tmp_path).read_bytes()
    (package / "module.py").touch()
    (package / "module.pyc").write_bytes(b"compiled")
    assert code_zip("same-sources", ("package",), root=tmp_path).read_bytes() == first
    (package / "module.py").write_text("x = 2\n")
    assert code_zip("same-sources", ("package",), root=tmp_path).read_bytes() != first


def test_templates_say_nothing_of_the_machine_they_were_made_on(stage: Assembly) -> None:
    for concern, template in stage.templates.items():
        assert str(ROOT) not in json.dumps(template), concern
