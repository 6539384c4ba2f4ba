from __future__ import annotations

import dataclasses

from dataplatform.drift.model import Drift, Kind
from dataplatform.ledger import Ledger
from dataplatform.plans.model import Column
from tests.unit.support.ledgers import Clock, landed

NEW = Drift(kind=Kind.NEW, column="x", found="int", expected="", breaking=False, remedy="r")
MISSING = Drift(
    kind=Kind.MISSING, column="id", found="id", expected="int", breaking=True, remedy="r"
)
COLUMNS = (Column(name="id", type="int"),)


def note(ledger: Ledger, *drifts: Drift, objects: int = 1) -> None:
    for drift in drifts:
        ledger.note_drift("products", drift, seen_in="products/a.csv", objects=objects)


def test_a_drift_that_is_seen_again_is_the_same_one(ledger: Ledger, clock: Clock) -> None:
    note(ledger, NEW, objects=2)
    clock.forward(60)
    note(ledger, dataclasses.replace(NEW, found="bigint"), objects=3)
    (seen,) = ledger.drift_notes("products")
    assert (seen.objects, seen.found, seen.state, seen.told) == (5, "bigint", "open", False)
    assert (seen.first_seen, seen.last_seen) == ("2026-11-21T10:00:00Z", "2026-11-21T10:01:00Z")
    assert seen.text == 'new column "x" (bigint)'
    note(ledger, NEW)
    assert ledger.drift_notes("products")[0].found == "bigint", "all that was seen fits it"


def test_a_drift_is_told_once_and_again_when_it_comes_back_after_it_was_accepted(
    ledger: Ledger,
) -> None:
    note(ledger, NEW, MISSING)
    for each in ledger.drift_notes("products"):
        ledger.drift_told(each)
    note(ledger, NEW, MISSING)
    assert all(each.told for each in ledger.drift_notes("products"))
    ledger.accept_drift("products")
    (still,) = ledger.open_drift("products", COLUMNS)
    assert (still.kind, still.told) == ("new", True), "nothing of it waits: it is for the contract"
    note(ledger, NEW, MISSING)
    told = {each.kind: each.told for each in ledger.open_drift("products", COLUMNS)}
    assert told == {"new": True, "missing": False}


def test_what_the_contract_has_come_to_say_is_no_drift_any_more(ledger: Ledger) -> None:
    retyped = dataclasses.replace(MISSING, kind=Kind.RETYPED, found="string")
    renamed = dataclasses.replace(MISSING, kind=Kind.RENAMED, found="ident")
    note(ledger, NEW, MISSING, retyped, renamed)
    assert len(ledger.open_drift("products", COLUMNS)) == 4
    mended = (Column(name="ident", type="int"), Column(name="x", type="int"))
    assert ledger.open_drift("products", mended) == []
    called = (Column(name="id", type="int", field="ident"), Column(name="y", type="int", field="x"))
    assert [each.kind for each in ledger.open_drift("products", called)] == ["retyped"]
    wider = (Column(name="id", type="string"),)
    kinds = [each.kind for each in ledger.open_drift("products", wider)]
    assert sorted(kinds) == ["missing", "new", "renamed"]


def test_an_object_that_waits_stays_due_and_is_known_by_its_contract(
    ledger: Ledger, clock: Clock
) -> None:
    first, second = landed("a"), landed("b")
    for each in (first, second):
        ledger.register_object(each)
    ledger.hold_back(first, digest="1", why="no id", run_id="run")
    clock.forward(60)
    ledger.hold_back(first, digest="2", why="still no id", run_id="later")
    (waiting,) = ledger.waiting_objects("products")
    assert waiting.landed == first
    assert (waiting.digest, waiting.why, waiting.run_id) == ("2", "still no id", "later")
    assert waiting.since == "2026-11-21T10:00:00Z"
    assert set(ledger.due_objects("products")) == {first, second}
    ledger.let_go(first)
    ledger.let_go(first)
    assert ledger.waiting_objects("products") == []


def test_a_dataset_is_held_back_where_a_run_would_take_nothing(ledger: Ledger) -> None:
    assert not ledger.is_held_back("products", "1", in_order=False)
    ledger.register_object(landed("a", at="2026-11-21T09:00:00Z"))
    assert not ledger.is_held_back("products", "1", in_order=False)
    ledger.hold_back(landed("a", at="2026-11-21T09:00:00Z"), digest="1", why="w", run_id="r")
    assert ledger.is_held_back("products", "1", in_order=False)
    assert not ledger.is_held_back("products", "2", in_order=False), "another contract"
    ledger.register_object(landed("b", at="2026-11-21T09:01:00Z"))
    assert not ledger.is_held_back("products", "1", in_order=False)
    assert ledger.is_held_back("products", "1", in_order=True)
    ledger.register_object(landed("0", at="2026-11-21T08:00:00Z"))
    assert not ledger.is_held_back("products", "1", in_order=True)
