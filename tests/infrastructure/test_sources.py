"""Sources: what a contract's server deploys, and for whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import App, Validations

from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names, rejected_prefix
from dataplatform.plans.model import PlatformPlan, SourcePlan
from stacks.assets import ROOT
from stacks.constructs.findings import Templates
from stacks.constructs.nag_rules import NagRules
from stacks.platform import CONTEXT_KEYS, add_platform
from stacks.sources.api import UNSET
from stacks.switches import load_stage
from tests.infrastructure.assembly import Assembly, listed

Synthesize = Callable[[PlatformPlan], Assembly]


@pytest.fixture(scope="session")
def synthesized_plan(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize dev for a plan that no contracts stand behind."""

    def make(plan: PlatformPlan) -> Assembly:
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        directory = tmp_path_factory.mktemp("plan")
        app = App(outdir=str(directory), context=context, builtin_cloud_formation_validation=False)
        stage = load_stage({key: context.get(key) for key in CONTEXT_KEYS}, root=ROOT)
        add_platform(app, stage=stage, plan=plan)
        Validations.of(app).add_plugins(NagRules(app, "dev", Templates()))
        app.synth()
        return Assembly(Path(directory))

    return make


@pytest.fixture(scope="session")
def streaming(synthesized_plan: Synthesize) -> Assembly:
    """The sample platform, with the sources of two datasets changed to streams."""
    plan = compile_platform(ROOT, Names("dev"))
    stream = SourcePlan(kind="kinesis", format="json")
    changed = tuple(replace(dataset, source=stream) for dataset in plan.datasets[:2])
    return synthesized_plan(replace(plan, datasets=(*changed, *plan.datasets[2:])))


@pytest.fixture(scope="session")
def without_streams(synthesized_plan: Synthesize) -> Assembly:
    """The sample platform without datasets that stream."""
    plan = compile_platform(ROOT, Names("dev"))
    others = tuple(dataset for dataset in plan.datasets if dataset.source.kind != "kinesis")
    return synthesized_plan(replace(plan, datasets=others))


def test_each_api_has_an_address_and_a_key_for_the_operator_to_fill(dev: Assembly) -> None:
    plan = compile_platform(ROOT, Names("dev"))
    sources = {d.source.options["source"] for d in plan.datasets if d.source.kind == "api"}
    addresses = {str(p.properties["Name"]): p for p in dev.resources("AWS::SSM::Parameter")}
    assert set(addresses) == {f"/weir/dev/sources/{source}/base_url" for source in sources}
    assert {p.properties["Value"] for p in addresses.values()} == {UNSET}
    secrets = {str(s.properties["Name"]) for s in dev.resources("AWS::SecretsManager::Secret")}
    assert secrets == {f"weir/dev/sources/{source}" for source in sources}


def test_only_who_pulls_a_source_or_probes_it_reads_its_key(dev: Assembly) -> None:
    readers = [
        policy.logical_id
        for policy in dev.resources("AWS::IAM::Policy", stack="ingestion")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
    ]
    assert [name.partition("Role")[0] for name in sorted(readers)] == ["IngestApi", "ProbeSources"]


def test_a_stream_is_deployed_for_the_dataset_that_names_one(streaming: Assembly) -> None:
    plan = compile_platform(ROOT, Names("dev"))
    dataset = plan.datasets[0].dataset
    streams = streaming.resources("AWS::KinesisFirehose::DeliveryStream")
    stream = next(
        s
        for s in streams
        if s.properties["DeliveryStreamName"] == f"weir-dev-{dataset.replace('_', '-')}"
    )
    destination = stream.properties["ExtendedS3DestinationConfiguration"]
    assert stream.properties["DeliveryStreamType"] == "DirectPut"
    assert destination["Prefix"] == f"{dataset}/"
    # By the hour, as events are: the live view looks for both in the same way.
    assert destination["ErrorOutputPrefix"] == (
        f"{rejected_prefix(dataset)}!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd/HH}}/"
    )
    assert destination["BufferingHints"]["IntervalInSeconds"] <= 60


def test_every_record_of_a_stream_is_transformed(streaming: Assembly) -> None:
    functions = streaming.resources("AWS::Lambda::Function", stack="streaming")
    assert [f.properties["Handler"] for f in functions] == [
        "lambdas.transform_events.handler.handler"
    ]
    for stream in streaming.resources("AWS::KinesisFirehose::DeliveryStream"):
        destination = stream.properties["ExtendedS3DestinationConfiguration"]
        kinds = [p["Type"] for p in destination["ProcessingConfiguration"]["Processors"]]
        assert "Lambda" in kinds


def test_nothing_of_a_stream_stays_when_its_contract_has_gone(streaming: Assembly) -> None:
    (log, *_) = streaming.resources("AWS::Logs::LogStream")
    assert log.raw["DeletionPolicy"] == "Delete"
    assert not [r for r in streaming.resources() if r.raw.get("DeletionPolicy") == "Retain"]


def test_streams_bring_no_finding(streaming: Assembly) -> None:
    assert streaming.nag["violations"] == []


def test_without_a_stream_no_function_is_deployed_for_one(without_streams: Assembly) -> None:
    assert not without_streams.resources("AWS::Lambda::Function", stack="streaming")
    assert without_streams.resources(stack="streaming"), "CloudFormation takes no empty stack"
