"""`weir freshness` sees each dataset as the meter and its alarm do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cli.freshness import FRESH, LATE, NO_DATA, NOTHING_PROMISED, WAITS, duration, measured
from cli.screen import Exit
from dataplatform.ledger.records import Totals
from dataplatform.naming import Names
from lambdas.measure_freshness.logic import data_ages, data_waits
from tests.unit.cli.conftest import FakeLedger, FakeTarget
from tests.unit.support.plans import dataset, platform

PLAN = platform(
    (
        replace(dataset("sales"), freshness_minutes=60),
        replace(dataset("stores"), freshness_minutes=600),
        replace(dataset("regions"), freshness_minutes=600),
        dataset("dates"),
    )
)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Books(FakeLedger):
    """A ledger of published data that arrived at certain times."""

    def __init__(self, **newest: str) -> None:
        super().__init__()
        self.newest = newest
        self.waiting: dict[str, str] = {}

    def unpublished_since(self, datasets: Iterable[str]) -> dict[str, str]:
        return {name: self.waiting[name] for name in datasets if name in self.waiting}

    def all_totals(self) -> list[Totals]:
        return [Totals(dataset=name, newest=at) for name, at in self.newest.items()]


def ledger(now: datetime = NOON, **minutes: int) -> Books:
    ages = {name: (now - timedelta(minutes=age)).isoformat() for name, age in minutes.items()}
    return Books(**ages)


def test_each_dataset_is_in_the_state_that_its_alarm_would_show() -> None:
    books = ledger(sales=60, stores=599, dates=99_999)
    found = measured(books, PLAN, NOON)  # type: ignore[arg-type]
    assert {each.dataset: each.state for each in found} == {
        "sales": LATE,  # the alarm is on reaching the promise
        "stores": FRESH,
        "regions": NO_DATA,
        "dates": NOTHING_PROMISED,
    }
    assert [each.dataset for each in found if each.broken] == ["sales", "regions"]
    ages = {each.dataset: each.age for each in found if each.promised and each.age is not None}
    assert ages == data_ages(books, PLAN, NOON)  # type: ignore[arg-type]


def test_what_waits_longer_than_promised_is_told_beside_fresh_data(
    ledger_of_waits: Books,
) -> None:
    plan = platform(
        (
            replace(dataset("sales"), freshness_minutes=60, latency_minutes=30),
            replace(dataset("stores"), latency_minutes=31),
            replace(dataset("regions"), latency_minutes=1),
        )
    )
    found = measured(ledger_of_waits, plan, NOON)  # type: ignore[arg-type]
    assert [(each.state, each.waits) for each in found] == [
        (WAITS, 1800),
        (FRESH, 1800),
        (FRESH, 0),
    ]
    waits = data_waits(ledger_of_waits, plan, NOON)  # type: ignore[arg-type]
    assert waits == {each.dataset: each.waits for each in found}


@pytest.fixture
def ledger_of_waits() -> Books:
    """Sales are fresh; an object of sales and one of stores arrived half an hour before noon."""
    books = ledger(sales=1)
    books.waiting = dict.fromkeys(("sales", "stores"), "2026-11-21T11:30:00Z")
    return books


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (1501, "1 d 1 h"), (1440 * 40, "40 d")],
)
def test_durations_are_short(minutes: int, shown: str) -> None:
    assert duration(minutes) == shown


def test_a_promise_that_is_not_kept_is_an_exit_code_and_named(
    weir: Callable[..., tuple[int, str, str]], target: FakeTarget
) -> None:
    target.plan = PLAN  # type: ignore[assignment]
    target.names = Names("dev")
    now = datetime.now(UTC)
    target.ledger = ledger(now, sales=1, stores=1, regions=1)
    code, out, _ = weir("freshness", "--json")
    assert code == Exit.DONE
    assert json.loads(out)["datasets"]["dates"] == {
        "newest": None, "age_seconds": None, "promised_seconds": None, "state": NOTHING_PROMISED,
        "waits_seconds": None, "latency_seconds": None,
    }  # fmt: skip
    target.ledger = ledger(now, sales=61, stores=1, regions=1)
    code, out, _ = weir("freshness")
    assert code == Exit.DATA_WAITING
    assert "1 of the promises isn't kept: sales." in " ".join(out.split())
