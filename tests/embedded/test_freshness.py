"""After a run, the age of each dataset's data is told as CloudWatch reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataplatform.metrics import BYTES, COST, DATA_AGE, DATASET, SECONDS, records
from tests.embedded.harness import Platform

pytestmark = pytest.mark.embedded

_HOUR = 3600


def test_the_meter_tells_the_age_of_every_promise(platform: Platform) -> None:
    name = platform.target.names.resource("measure-freshness")
    answer = platform.client("lambda").invoke(FunctionName=name)
    assert "FunctionError" not in answer
    ages = json.loads(answer["Payload"].read())["ages"]
    promised = {d.dataset for d in platform.target.plan.datasets if d.freshness_minutes}
    assert promised and set(ages) == promised
    assert all(0 <= seconds < _HOUR for seconds in ages.values()), (
        "all arrived since the tests began"
    )

    lines = told(platform, name, DATA_AGE)
    assert {line[DATASET]: line[DATA_AGE] for line in lines[-len(ages) :]} == ages


def test_the_end_of_a_run_tells_its_books(platform: Platform) -> None:
    run = platform.target.ledger.runs(1000)[-1].run_id
    name = platform.target.names.resource("close-run")
    lines = [line for line in told(platform, name, records("source")) if line["run_id"] == run]
    by_dataset = {line.get(DATASET, ""): line for line in lines}
    books = {entry.dataset: entry for entry in platform.target.ledger.books(run)}
    assert books and set(by_dataset) == {*books, ""}
    for dataset, entry in books.items():
        line = by_dataset[dataset]
        assert line[records("source")] == entry.source
        assert line[records("inserted")] == entry.outcomes.inserted
        assert line[BYTES] > 0 and line[SECONDS] > 0 and line["engine"], line
    assert by_dataset[""][COST] > 0


def told(platform: Platform, function: str, metric: str) -> list[dict[str, Any]]:
    """Lines of a function's log of which CloudWatch makes a metric."""
    events = platform.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{function}", filterPattern=f'"{metric}"'
    )["events"]
    return [json.loads(event["message"]) for event in events if "_aws" in event["message"]]
