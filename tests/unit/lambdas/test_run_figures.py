"""What CloudWatch is told of a run: the same figures as its books have."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote, AuditState
from dataplatform.metrics import DATASET
from lambdas.close_run.figures import tell_figures
from tests.unit.lambdas.conftest import publish, published, staged
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
    lines = written(ledger, now)
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
    assert written(ledger)
    ledger.close_run("run", "succeeded")
    assert written(ledger) == []


def test_a_run_that_is_redriven_tells_what_has_come_since(ledger: Ledger) -> None:
    run = ledger.open_run("run", "arn:1", "{}")
    published(ledger, "run", "sales", rows=5, bad=2)
    ledger.note_audit(audited("sales", "passed", "2026-11-21T10:00:01Z"))
    ledger.note_audit(audited("stores", "held", "2026-11-21T10:00:02Z"))
    batch = staged(ledger, "run", "stores")
    ledger.used("run", "merge", meter="lambda", size=1024, milliseconds=60_000)
    began = datetime.fromisoformat(run.started_at)
    first = written(ledger, began + timedelta(seconds=9))
    ledger.close_run("run", "failed", "stores is held")

    publish(ledger, batch)
    ledger.note_audit(audited("stores", "accepted", "2026-11-21T10:00:30Z"))
    ledger.used("run", "merge", meter="lambda", size=1024, milliseconds=30_000)
    second = written(ledger, began + timedelta(seconds=40))

    assert [line["Held"] for line in first if "Held" in line] == [0, 1]
    audit, stores, whole = second
    assert (audit[DATASET], audit["Held"]) == ("stores", 0), "an audit is told once"
    assert (stores[DATASET], stores["RecordsInserted"]) == ("stores", 4)
    assert (whole["RecordsSource"], whole["Seconds"], whole["Cost"]) == (4, 31.0, 0.0005002)
    added = {name: sum(of(line, name) for line in (*first, *second)) for name in ADDED}
    # By dataset, and once more for the run.
    assert added == {"RecordsSource": 18, "RecordsInserted": 14, "RecordsQuarantined": 4}
    assert written(ledger, began + timedelta(seconds=40)) == [], "a retry before the run has ended"


ADDED = ("RecordsSource", "RecordsInserted", "RecordsQuarantined")


def of(line: dict[str, Any], name: str) -> float:
    return float(line.get(name, 0))


def audited(dataset: str, state: AuditState, at: str) -> AuditNote:
    return AuditNote(run_id="run", dataset=dataset, state=state, batches=(), digest="d", at=at)


def written(ledger: Ledger, now: datetime | None = None) -> list[dict[str, Any]]:
    """The lines of a run's end."""
    lines: list[str] = []
    tell_figures(ledger, "dev", "run", now or datetime.now(UTC), lines.append)
    return [json.loads(line) for line in lines]


def figures(line: dict[str, Any]) -> dict[str, tuple[float, str]]:
    """Each metric that CloudWatch would make, with its unit."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Weir/dev"
    return {m["Name"]: (line[m["Name"]], m["Unit"]) for m in directive["Metrics"]}
