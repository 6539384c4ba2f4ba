"""What CloudWatch is told of a run: the same figures as its books have."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataplatform.ledger import Ledger
from dataplatform.metrics import DATASET
from lambdas.close_run.figures import metric_lines
from tests.unit.lambdas.conftest import published, staged
from tests.unit.support.ledgers import Clock


@pytest.fixture
def told(opened: tuple[Ledger, Clock]) -> dict[str, dict[str, Any]]:
    """Each line of a run's end, by dataset; "" is the run's own."""
    ledger, clock = opened
    run = ledger.open_run("run", "arn:1", "{}")
    ledger.step("run", "silver", dataset="sales", state="started")
    batch = published(ledger, "run", "sales", rows=5, bad=2)
    clock.forward(3)
    ledger.step("run", "silver", dataset="sales")
    staged(ledger, "run", "stores")
    ledger.choose_engine("run", "sales", "duckdb", "small")
    ledger.used("run", "merge", meter="lambda", size=1024, milliseconds=60_000)
    now = datetime.fromisoformat(run.started_at) + timedelta(seconds=9)
    lines = [json.loads(line) for line in metric_lines(ledger, "dev", "run", now)]
    assert batch.bytes > 0
    assert all(line["_aws"]["Timestamp"] == now.timestamp() * 1000 for line in lines)
    return {line.get(DATASET, ""): line for line in lines}


def test_a_dataset_has_each_outcome_and_what_it_took(told: dict[str, dict[str, Any]]) -> None:
    assert figures(told["sales"]) == {
        "RecordsSource": (5, "Count"),
        "RecordsInserted": (3, "Count"),
        "RecordsUpdated": (0, "Count"),
        "RecordsDeleted": (0, "Count"),
        "RecordsDuplicate": (0, "Count"),
        "RecordsQuarantined": (2, "Count"),
        "Seconds": (3.0, "Seconds"),
        "Bytes": (told["sales"]["Bytes"], "Bytes"),
    }
    assert told["sales"]["engine"].startswith("duckdb")
    assert told["sales"]["run_id"] == "run"
    assert told["stores"]["RecordsSource"] == told["stores"]["Bytes"] == 0, "nothing is published"


def test_a_run_has_the_sums_and_its_cost(told: dict[str, dict[str, Any]]) -> None:
    whole = figures(told[""])
    assert told[""]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    wanted = {
        "RecordsSource": (5, "Count"),
        "Bytes": (told["sales"]["Bytes"], "Bytes"),
        "Seconds": (9.0, "Seconds"),
        "Cost": (0.0010002, "None"),
    }
    assert {name: whole[name] for name in wanted} == wanted


def test_a_retry_of_the_last_step_tells_nothing_again(ledger: Ledger) -> None:
    ledger.open_run("run", "arn:1", "{}")
    published(ledger, "run", "sales")
    assert list(metric_lines(ledger, "dev", "run", datetime.now(UTC)))
    ledger.close_run("run", "succeeded")
    assert list(metric_lines(ledger, "dev", "run", datetime.now(UTC))) == []


def figures(line: dict[str, Any]) -> dict[str, tuple[float, str]]:
    """Each metric that CloudWatch would make, with its unit."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Weir/dev"
    return {m["Name"]: (line[m["Name"]], m["Unit"]) for m in directive["Metrics"]}
