from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Outcomes
from dataplatform.settings import LedgerSettings
from lambdas.measure_freshness.handler import handler
from lambdas.measure_freshness.logic import data_ages
from tests.unit.lambdas.conftest import Context, deploy, staged
from tests.unit.support.ledgers import TABLE, landed
from tests.unit.support.plans import dataset, platform

PROMISED = (
    replace(dataset("sales"), freshness_minutes=60),
    replace(dataset("stores"), freshness_minutes=600),
)
PLAN = platform((*PROMISED, dataset("dates")))
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def publish(ledger: Ledger, name: str, *arrivals: str) -> None:
    for number, at in enumerate(arrivals):
        ledger.register_object(landed(f"{at}-{number}", dataset=name, at=at))
    batch = ledger.open_batch("run", name, ledger.due_objects(name))
    ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)
    ledger.publish_batch(
        batch.batch_id,
        Outcomes(inserted=1),
        sequence=ledger.next_sequence(name),
        live=ledger.totals(name).live + 1,
    )


def test_age_is_since_the_newest_published_object_arrived(ledger: Ledger) -> None:
    publish(ledger, "sales", "2026-11-21T11:00:00Z", "2026-11-21T11:59:00Z")
    assert data_ages(ledger, PLAN, NOON) == {"sales": 60}


def test_publishing_old_objects_makes_nothing_fresh(ledger: Ledger) -> None:
    publish(ledger, "sales", "2026-11-21T11:00:00Z")
    publish(ledger, "sales", "2026-11-20T11:00:00Z")
    assert data_ages(ledger, PLAN, NOON) == {"sales": 3600}


def test_what_landed_but_is_not_published_is_not_there_yet(ledger: Ledger) -> None:
    publish(ledger, "sales", "2026-11-20T12:00:00Z")
    staged(ledger, "run", "sales")
    staged(ledger, "run", "stores")
    assert data_ages(ledger, PLAN, NOON) == {"sales": 24 * 3600}


def test_only_promises_are_measured(ledger: Ledger) -> None:
    publish(ledger, "dates", "2026-11-21T11:00:00Z")
    assert data_ages(ledger, PLAN, NOON) == {}


def test_a_batch_of_many_parts_is_as_new_as_its_newest_object(ledger: Ledger) -> None:
    arrivals = [f"2026-11-21T11:{minute:02}:00Z" for minute in range(60)]
    publish(ledger, "sales", *arrivals)
    assert ledger.totals("sales").newest == arrivals[-1]


def test_each_age_is_a_metric_of_its_dataset(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = LedgerSettings(stage="dev", ledger_table=TABLE, plans_uri="s3://plans/plan.json")
    deploy(monkeypatch, PLAN, settings)
    publish(ledger, "sales", "2026-11-21T11:00:00Z")
    ages = handler({}, Context())["ages"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (written,) = [line for line in lines if "_aws" in line]
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Weir/dev"
    assert directive["Dimensions"] == [["dataset"]], "the alarm reads this set of dimensions"
    assert directive["Metrics"] == [{"Name": "DataAge", "Unit": "Seconds"}]
    assert (written["dataset"], written["DataAge"]) == ("sales", ages["sales"])
