"""Sources that are asked before their data is pulled."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from dataplatform.errors import SourceUnavailable
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Cursor
from dataplatform.plans.model import Column, SilverPlan
from lambdas.drift_alerts import DriftAlerts
from lambdas.probe_sources.logic import probe_sources
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

SALES = dataclasses.replace(
    dataset("sales", "api", limit="500"),
    columns=(
        Column(name="id", type="int", required=True),
        Column(name="cost", type="decimal(10,2)"),
        Column(name="updated_at", type="timestamp", required=True),
    ),
)
RECORD = {"id": 7, "cost": "1.50", "updated_at": "2026-11-21T10:00:00Z"}


@dataclass
class Source:
    """An API: what it answers, by whether it is asked for what comes after a record."""

    newest: list[dict[str, Any]]
    first: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    down: bool = False

    def get(self, parameters: dict[str, str]) -> bytes:
        if self.down:
            raise SourceUnavailable("it is down")
        self.asked.append(parameters)
        found = self.newest if "after_id" in parameters else self.first or self.newest
        return json.dumps({"data": found, "page": {"more": False}}).encode()


def probe(ledger: Ledger, **sources: Source) -> tuple[dict[str, Any], list[str]]:
    sent: list[str] = []
    alerts = DriftAlerts(ledger=ledger, stage="dev", send=lambda subject, text: sent.append(text))
    plans = [dataclasses.replace(SALES, dataset=name) for name in sources]

    def client_of(plan: SilverPlan) -> Source:
        return sources[plan.dataset]

    return probe_sources(
        ledger, platform((*plans, dataset("stores"))), client_of, alerts.tell
    ), sent


def pulled(ledger: Ledger) -> None:
    """The source was pulled up to record 3."""
    arrived = landed("api/start/start.jsonl.gz", dataset="sales")
    ledger.land_pulled(arrived, None, Cursor(updated_at="2026-11-20T00:00:00Z", id="3"))


def test_a_source_that_sends_what_its_contract_says_is_asked_little_and_nothing_is_told(
    ledger: Ledger,
) -> None:
    source = Source([RECORD] * 3)
    assert probe(ledger, sales=source) == ({"drift": {"sales": []}, "failed": {}}, [])
    assert source.asked == [{"limit": "50"}]
    assert ledger.drift_notes("sales") == []


def test_what_the_next_pull_would_bring_is_told_before_it_comes(ledger: Ledger) -> None:
    pulled(ledger)
    renamed = {"id": 7, "cost": "1.50", "changed_at": "2026-11-21T10:00:00Z"}
    source = Source([{**renamed, "till": 4}] * 3, first=[RECORD])
    answer, sent = probe(ledger, sales=source)
    assert source.asked[0]["after_id"] == "3"
    assert answer["drift"]["sales"] == [
        'column updated_at is missing; "changed_at" looks like it',
        'new column "till" (int)',
    ]
    (text,) = sent
    assert "BREAKING: column updated_at is missing" in text
    assert "Seen in: source shop" in text
    assert probe(ledger, sales=source)[1] == [], "told once"


def test_where_nothing_is_new_the_first_records_show_todays_shape(ledger: Ledger) -> None:
    pulled(ledger)
    source = Source([], first=[{**RECORD, "till": 4}] * 2)
    answer, _ = probe(ledger, sales=source)
    assert answer["drift"]["sales"] == ['new column "till" (int)']
    assert len(source.asked) == 2


def test_a_source_that_is_empty_or_down_says_nothing_and_stops_no_other(ledger: Ledger) -> None:
    answer, sent = probe(
        ledger,
        down=Source([], down=True),
        empty=Source([]),
        sales=Source([{**RECORD, "till": 4}] * 2),
    )
    assert answer["failed"] == {"down": "it is down"}
    assert answer["drift"]["empty"] == []
    assert len(answer["drift"]["sales"]) == len(sent) == 1


def test_an_answer_of_another_shape_is_the_sources_failure(ledger: Ledger) -> None:
    class Strange(Source):
        def get(self, parameters: dict[str, str]) -> bytes:
            return b'{"rows": ['

    answer, _ = probe(ledger, sales=Strange([]))
    assert "isn't the JSON promised" in answer["failed"]["sales"]
