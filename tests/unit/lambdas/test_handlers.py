"""The functions as Lambda calls them, one after the other, over moto."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from dataplatform.adapters.plans import PlansUnreadable, load_plan
from dataplatform.errors import SourceNotConfigured
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE, Outcomes
from dataplatform.settings import IngestSettings, PlanningSettings, StarterSettings
from lambdas.close_run.handler import handler as close_run
from lambdas.ingest_api.handler import handler as ingest_api
from lambdas.open_run.handler import handler as open_run
from lambdas.plan_batches.handler import handler as plan_batches
from lambdas.plan_gold.handler import handler as plan_gold
from lambdas.start_run.handler import handler as start_run
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.lambdas.test_ingest_client import serving
from tests.unit.support.ledgers import TABLE
from tests.unit.support.plans import dataset, model, platform

PLAN = platform((dataset("sales", "api"),), (model("fact", "sales"),))
PLANS_URI = "s3://plans/plan.json"
ANSWER = {"data": [{"id": 1, "updated_at": "1997-01-01"}], "page": {"more": False}}


@pytest.fixture(autouse=True)
def deployed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    common = {"stage": "dev", "ledger_table": TABLE, "plans_uri": PLANS_URI}
    ingest = IngestSettings(**common, landing_bucket="landing")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:weir-dev-pipeline"
    starter = StarterSettings(**common, state_machine_arn=machine)
    boto3.client("s3").create_bucket(Bucket="landing")
    planning = PlanningSettings(**common, function_mib="100", alerts_topic_arn="arn:topic")
    deploy(monkeypatch, PLAN, ingest, starter, planning)


def configure(url: str) -> None:
    boto3.client("ssm").put_parameter(
        Name="/weir/dev/sources/shop/base_url", Value=url, Type="String"
    )
    boto3.client("secretsmanager").create_secret(
        Name="weir/dev/sources/shop", SecretString='{"api_key": "k"}'
    )


def test_a_run_goes_from_its_source_to_balanced_books(ledger: Ledger) -> None:
    run = open_run({"input": {}, "execution": "arn:1"}, Context())
    run_id = run["run_id"]
    assert run["sources"] == [{"dataset": "sales"}]
    with serving((200, {}, json.dumps(ANSWER).encode())) as source:
        configure(source.url.removesuffix("/v1/sales"))
        pulled = ingest_api({"run_id": run_id, "dataset": "sales"}, Context())
    assert pulled == {"run_id": run_id, "dataset": "sales", "more": False, "rows": 1}
    path, headers = source.asked[0]
    assert path == "/v1/sales?limit=3" and headers["X-API-Key"] == "k"

    planned = plan_batches({"run_id": run_id}, Context())
    (batch,) = planned["batches"]
    ledger.batch_staged(batch["batch_id"], source=1, unreadable=0, rows=1)
    ledger.publish_batch(batch["batch_id"], Outcomes(inserted=1), sequence=1, live=1)
    assert plan_gold({"run_id": run_id}, Context()) == {
        "run_id": run_id,
        "gold_due": True,
        "spark": False,
    }
    closed = close_run({"run_id": run_id}, Context())
    assert closed["counts"]["source"] == closed["counts"]["inserted"] == 1
    steps = [(step.name, step.dataset, step.state) for step in ledger.steps(run_id)]
    assert ("ingest", "sales", "done") in steps and ("close", "", "done") in steps
    assert ledger.lease_holder(PIPELINE_LEASE) is None


def test_a_pull_that_is_called_again_counts_on(ledger: Ledger) -> None:
    run_id = open_run({"input": {}, "execution": "arn:1"}, Context())["run_id"]
    first = {"data": ANSWER["data"], "page": {"more": True}}
    second = {"data": [{"id": 2, "updated_at": "1997-01-02"}], "page": {"more": False}}
    pages: list[Any] = [(200, {}, json.dumps(page).encode()) for page in (first, second)]
    with serving(*pages) as source:
        configure(source.url.removesuffix("/v1/sales"))
        event = ingest_api({"run_id": run_id, "dataset": "sales"}, Context(left=59_000))
        assert (event["more"], event["rows"]) == (True, 1)
        event = ingest_api(event, Context())
    assert (event["more"], event["rows"]) == (False, 2)
    assert source.asked[1][0] == "/v1/sales?limit=3&updated_since=1997-01-01&after_id=1"
    assert ledger.steps(run_id)[-1].counts == {"rows": 2}


def test_a_source_that_is_not_configured_is_seen_in_the_timeline(ledger: Ledger) -> None:
    run_id = open_run({"input": {}, "execution": "arn:1"}, Context())["run_id"]
    with pytest.raises(SourceNotConfigured):
        ingest_api({"run_id": run_id, "dataset": "sales"}, Context())
    last = ledger.steps(run_id)[-1]
    assert (last.name, last.state) == ("ingest", "failed")
    assert "/weir/dev/sources/shop/base_url" in last.detail


def test_the_starter_without_anything_due_does_not_call_step_functions() -> None:
    assert start_run({}, Context())["reason"] == "nothing is due"


@pytest.mark.parametrize("uri", ["plans.json", "s3://plans", "https://plans/plan.json"])
def test_a_plan_that_is_nowhere_is_explained(uri: str) -> None:
    with pytest.raises(PlansUnreadable, match="not s3://bucket/key"):
        load_plan(uri)


def test_what_is_no_plan_is_explained() -> None:
    boto3.client("s3").put_object(Bucket="plans", Key="old.json", Body=b'{"datasets": 1}')
    with pytest.raises(PlansUnreadable, match="isn't a compiled plan"):
        load_plan("s3://plans/old.json")


def test_a_plan_is_read_once_a_process() -> None:
    assert load_plan(PLANS_URI) is load_plan(PLANS_URI) and load_plan(PLANS_URI) == PLAN
