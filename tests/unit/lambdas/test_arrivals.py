"""Objects that are due, looked at before a batch is made of them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from dataplatform.drift.shape import Sample
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import LandedObject
from dataplatform.plans.model import Column, SilverPlan
from lambdas.drift_alerts import DriftAlerts
from lambdas.plan_batches.arrivals import Arrivals
from lambdas.start_run.logic import due_datasets
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

COLUMNS = (
    Column(name="id", type="int", required=True),
    Column(name="name", type="string", required=True),
    Column(name="updated_at", type="timestamp", required=True),
)
PLAN = dataclasses.replace(dataset("products"), columns=COLUMNS)
IN_ORDER = dataclasses.replace(PLAN, ordering="")
GOOD = {"id": 1, "name": "a", "updated_at": "2026-11-21T10:00:00Z"}
MORE = {**GOOD, "colour": "red"}
RENAMED = {"id": 1, "Name": "a", "updated_at": "2026-11-21T10:00:00Z"}


@dataclass
class Bench:
    """A dataset's landing, and a run over it."""

    ledger: Ledger
    contents: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    refuses: bool = False
    looks: int = 10**6

    def land(self, name: str, record: dict[str, object], minute: int = 0) -> LandedObject:
        arrived = landed(name, at=f"2026-11-21T09:{minute:02}:00Z")
        self.contents[arrived.key] = [record] * 3
        self.ledger.register_object(arrived)
        return arrived

    def look(self, arrived: LandedObject) -> Sample:
        self.looked.append(arrived.key)
        lines = "".join(json.dumps(record) + "\n" for record in self.contents[arrived.key])
        return Sample(lines.encode(), whole=True)

    def send(self, subject: str, text: str) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": "AuthorizationError"}}, "Publish")
        self.sent.append((subject, text))

    def passed(self, plan: SilverPlan = PLAN, *, accepted: bool = False) -> list[str]:
        self.looked.clear()
        alerts = DriftAlerts(ledger=self.ledger, stage="dev", send=self.send)
        arrivals = Arrivals(
            ledger=self.ledger,
            run_id="run",
            look=self.look,
            time_is_up=lambda: len(self.looked) >= self.looks,
            tell=alerts.tell,
        )
        due = self.ledger.due_objects(plan.dataset)
        taken = [each.key for each in arrivals.passed(plan, due, accepted=accepted)]
        assert arrivals.held == len(self.waiting()) or accepted
        return taken

    def waiting(self) -> list[str]:
        return [each.landed.key for each in self.ledger.waiting_objects("products")]


@pytest.fixture
def bench(ledger: Ledger) -> Bench:
    return Bench(ledger)


def test_what_fits_goes_on_and_is_not_noted(bench: Bench) -> None:
    bench.land("a", GOOD)
    assert bench.passed() == ["products/a"]
    assert (bench.waiting(), bench.sent, bench.ledger.drift_notes("products")) == ([], [], [])


def test_nothing_due_is_nothing_read(bench: Bench) -> None:
    assert bench.passed() == []
    assert bench.looked == []


def test_an_additive_drift_goes_on_and_is_told_once(bench: Bench) -> None:
    bench.land("a", MORE)
    bench.land("b", MORE, 1)
    assert bench.passed() == ["products/a", "products/b"]
    (note,) = bench.ledger.drift_notes("products")
    assert (note.kind, note.column, note.objects, note.told) == ("new", "colour", 2, True)
    assert bench.passed() == ["products/a", "products/b"]
    ((subject, text),) = bench.sent
    assert subject == 'Weir dev: products: new column "colour" (string)'
    assert "contracts propose products" in text
    assert "red" not in text and "xxx" in text, "no value of any record"


def test_a_breaking_drift_waits_and_others_overtake_it_where_a_column_orders_rows(
    bench: Bench,
) -> None:
    bench.land("a", RENAMED, 1)
    bench.land("b", GOOD, 2)
    assert bench.passed() == ["products/b"]
    (waiting,) = bench.ledger.waiting_objects("products")
    assert waiting.why == 'column name is missing; "Name" looks like it'
    assert len(bench.ledger.due_objects("products")) == 2, "it stays due"
    ((subject, text),) = bench.sent
    assert 'column name is missing; "Name" looks like it' in subject
    assert "./weir run products --accept" in text


def test_where_arrival_orders_rows_nothing_overtakes_it(bench: Bench) -> None:
    bench.land("a", GOOD, 1)
    bench.land("b", RENAMED, 2)
    bench.land("c", GOOD, 3)
    assert bench.passed(IN_ORDER) == ["products/a"]
    assert bench.waiting() == ["products/b"]
    bench.ledger.open_batch("run", "products", [landed("a", at="2026-11-21T09:01:00Z")])
    assert bench.passed(IN_ORDER) == []
    assert bench.looked == [], "what waits isn't read again, nor what waits behind it"
    assert bench.ledger.is_held_back("products", IN_ORDER.digest, in_order=True)


def test_what_waits_is_read_again_only_by_another_contract(bench: Bench) -> None:
    bench.land("a", RENAMED)
    assert bench.passed() == []
    assert bench.passed() == []
    assert bench.looked == []
    assert due_datasets(bench.ledger, platform((PLAN,))) == [], "no run starts for it by itself"
    columns = (COLUMNS[0], Column(name="Name", type="string", required=True), COLUMNS[2])
    mended = dataclasses.replace(PLAN, columns=columns, digest="mended")
    assert due_datasets(bench.ledger, platform((mended,))) == ["products"]
    assert bench.passed(mended) == ["products/a"]
    assert bench.waiting() == []
    assert bench.ledger.open_drift("products", mended.columns) == []


def test_a_person_lets_through_what_waits_and_not_what_has_come_since(bench: Bench) -> None:
    bench.land("a", RENAMED, 1)
    assert bench.passed() == []
    bench.land("b", RENAMED, 2)
    bench.land("c", GOOD, 3)
    assert bench.passed(accepted=True) == ["products/a", "products/c"]
    assert bench.waiting() == ["products/b"]
    assert len(bench.sent) == 2, "it has come back after it was accepted, so it is told again"


def test_where_arrival_orders_rows_what_waits_behind_for_the_same_goes_with_it(
    bench: Bench,
) -> None:
    for minute, record in enumerate((RENAMED, GOOD, RENAMED, {**RENAMED, "till": 1}), start=1):
        bench.land(str(minute), record, minute)
    assert bench.passed(IN_ORDER) == []
    everything = [f"products/{minute}" for minute in range(1, 5)]
    assert bench.passed(IN_ORDER, accepted=True) == everything
    assert (bench.waiting(), len(bench.sent)) == ([], 2), "told: the first, and the new column"
    (note,) = bench.ledger.open_drift("products", COLUMNS)
    assert (note.kind, note.column) == ("new", "till")


def test_where_arrival_orders_rows_what_nobody_has_read_of_waits_again(bench: Bench) -> None:
    bench.land("a", RENAMED, 1)
    bench.land("b", {"id": 1, "name": "a"}, 2)
    bench.land("c", RENAMED, 3)
    assert bench.passed(IN_ORDER) == []
    assert bench.passed(IN_ORDER, accepted=True) == ["products/a"]
    assert bench.waiting() == ["products/b"]
    assert bench.ledger.waiting_objects("products")[0].why == "column updated_at is missing"


def test_a_message_that_cannot_be_sent_stops_no_data_and_is_sent_later(bench: Bench) -> None:
    bench.refuses = True
    bench.land("a", MORE)
    assert bench.passed() == ["products/a"]
    bench.refuses = False
    assert bench.passed() == ["products/a"]
    assert len(bench.sent) == 1


def test_what_was_not_looked_at_in_time_stays_due(bench: Bench) -> None:
    bench.looks = 0
    bench.land("a", GOOD)
    assert bench.passed() == []
    assert bench.looked == []
    assert len(bench.ledger.due_objects("products")) == 1


def test_an_object_without_a_shape_is_left_to_the_parser(bench: Bench) -> None:
    arrived = bench.land("a", GOOD)
    bench.contents[arrived.key] = []
    assert bench.passed() == ["products/a"]


def test_what_a_streams_transform_refused_has_no_shape(bench: Bench) -> None:
    events = dataclasses.replace(dataset("events", "kinesis"), columns=COLUMNS)
    bench.ledger.register_object(landed("x", dataset="events", folder="events-rejected"))
    assert bench.passed(events) == ["events-rejected/x"]
    assert bench.looked == []
