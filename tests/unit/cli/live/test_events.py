"""The live view counts an event once, and refuses what staging and silver will refuse."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cli.live import events, report
from cli.live.events import MINUTES, Events, LiveStream
from dataplatform.compiler.platform import compile_platform
from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import RECEIVED_AT, Names
from dataplatform.plans.model import SilverPlan
from tests.unit.support.contracts import contract, spoiled

ROOT = Path(__file__).parents[4]
PLAN = compile_platform(ROOT, Names("dev"))
STREAM = PLAN.dataset("pos_sales")
NOW = datetime(2026, 11, 18, 9, 10, tzinfo=UTC)
KEY = "pos_sales/2026/11/18/09/weir-dev-pos-sales-1.gz"
REJECTED_KEY = "pos_sales-rejected/processing-failed/2026/11/18/09/weir-dev-pos-sales-1"


@dataclass
class View:
    """A live stream whose objects a test writes."""

    connection: duckdb.DuckDBPyConnection
    stream: LiveStream
    table: str

    def land(self, *events: dict[str, Any], key: str = KEY, at: datetime = NOW) -> None:
        lines = "".join(json.dumps(event) + "\n" for event in events).encode()
        self.put(gzip.compress(lines), key=key, at=at)

    def put(self, body: bytes, *, key: str = KEY, at: datetime = NOW) -> None:
        self.stream.add(key, at, iter([body]))

    def seal(self) -> Events:
        return self.stream.seal(NOW)

    def column(self, name: str) -> list[Any]:
        rows = self.connection.execute(f"SELECT {name} FROM stream.{self.table} ORDER BY 1")
        return [value for (value,) in rows.fetchall()]


@pytest.fixture
def view() -> Iterator[View]:
    yield from _view(STREAM)


def _view(plan: SilverPlan) -> Iterator[View]:
    with report.database() as connection:
        yield View(connection, LiveStream(connection, plan), plan.dataset)


def _event(identifier: str, **changed: Any) -> dict[str, Any]:
    numbers = {"product_id": 1, "customer_id": 2, "promotion_id": 0, "store_id": 7}
    measures = {"unit_sales": "2.0000", "store_sales": "1.2345", "store_cost": "0.5"}
    fixed = {"event_id": identifier, "sold_at": "1997-07-15T10:00:00Z"}
    received = {RECEIVED_AT: "2026-11-18T09:06:40.123+00:00"}
    return {**fixed, **numbers, **measures, **received, **changed}


def _counts(events: Events) -> tuple[int, int, int, int]:
    return events.count, events.repeated, events.deleted, events.unusable


def test_an_event_that_came_twice_counts_once(view: View) -> None:
    view.land(_event("a"), _event("b"), _event("a"))
    view.land(_event("b"), key=KEY + "2")
    assert _counts(view.seal()) == (2, 2, 0, 0)
    assert view.column("event_id") == ["a", "b"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_newer_of_one_key_counts(view: View, order: int) -> None:
    newer = _event("a", sold_at="1997-07-15T11:00:00Z", store_sales="9.9999")
    view.land(*[newer, _event("a")][::order])
    view.seal()
    assert view.column("store_sales") == [Decimal("9.9999")]


def test_of_equal_ones_the_later_landed_counts(view: View) -> None:
    view.land(_event("a", store_id=2), at=NOW)
    view.land(_event("a", store_id=1), key=KEY + "2", at=NOW - timedelta(minutes=1))
    view.seal()
    assert view.column("store_id") == [2]


def test_a_key_whose_newest_event_deletes_it_does_not_stand(view: View) -> None:
    view.land(_event("a"), _event("a", sold_at="1997-07-15T11:00:00Z", _op="delete"), _event("b"))
    assert _counts(view.seal()) == (1, 1, 1, 0)


def test_every_check_of_the_contract_holds_here_too(view: View) -> None:
    view.land(
        _event("a"),
        _event("b", unit_sales="two"),
        _event("c", unit_sales=0),
        _event("d", store_id=-1),
        _event("e" * 41),
        _event("f", sold_at="yesterday"),
        {"x": 1},
    )
    events = view.seal()
    assert _counts(events) == (1, 0, 0, 6)
    assert events.reasons == {
        "malformed unit_sales": 1,
        "unit_sales not above 0": 1,
        "store_id below 0": 1,
        "event_id longer than 40 characters": 1,
        "malformed sold_at": 1,
        "missing event_id": 1,
    }


def test_lines_that_are_no_events_and_what_the_transform_refused_are_counted(view: View) -> None:
    view.put(b'[1]\nnot JSON\n{"_op": "gone"}\n')
    raw = base64.b64encode(b"no event").decode()
    view.put(json.dumps({"rawData": raw, "errorCode": "x"}).encode(), key=REJECTED_KEY)
    events = view.seal()
    assert _counts(events) == (0, 0, 0, 4)
    assert events.reasons == {"not JSON": 2, "not a JSON object but an array": 1, "unknown _op": 1}


def test_nothing_of_an_unreadable_object_is_shown(view: View) -> None:
    view.land(_event("a"))
    torn = b"".join(json.dumps(_event(f"b{n}")).encode() + b"\n" for n in range(9000))
    view.put(torn + b"\xff\n", key=KEY + "2")
    view.land(_event("c"), key=KEY + "3")
    events = view.seal()
    assert _counts(events) == (2, 0, 0, 1)
    assert list(events.reasons) == [f"not UTF-8 at byte {len(torn)}"]


def test_many_rows_are_checked_in_portions(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_ROWS", 10)
    for number in range(7):
        rows = (_event(f"{number}-{n}", unit_sales=n) for n in range(6))
        view.land(*rows, key=f"{KEY}{number}")
    assert _counts(view.seal()) == (35, 0, 0, 7)


def test_without_a_key_an_event_is_its_place_in_an_object() -> None:
    keyless = spoiled(
        ("    type: s3\n    location: s3://landing/orders/\n", "    type: kinesis\n"),
        ("    format: csv\n", "    format: json\n"),
        ("        primaryKey: true\n", ""),
        ("    customProperties:\n      - property: ordering\n        value: changed_at\n", ""),
    )
    plan = silver_plan(contract(keyless), Names("dev"))
    event = {"order_id": 1, "changed_at": "2026-01-02T03:04:05Z"}
    for view in _view(plan):
        view.land(event, event, key="orders/2026/a")
        view.land(event, event, key="orders/2026/b")
        assert _counts(view.seal()) == (2, 2, 0, 0)


def test_events_are_counted_by_the_minute_that_they_came_in(view: View) -> None:
    def at(seconds: int) -> str:
        return (NOW - timedelta(seconds=seconds)).isoformat()

    ages = (5, 59, 60, 60 * MINUTES - 1, 60 * MINUTES, 86_400)
    view.land(*(_event(str(age), **{RECEIVED_AT: at(age)}) for age in ages))
    events = view.seal()
    assert events.by_minute == [1, *[0] * (MINUTES - 3), 1, 2]
    assert events.newest == (NOW - timedelta(seconds=5)).timestamp()


def test_no_events_are_no_rows(view: View) -> None:
    events = view.seal()
    assert _counts(events) == (0, 0, 0, 0)
    assert (events.newest, events.by_minute) == (0.0, [0] * MINUTES)


def test_the_sample_model_sums_by_region_and_keeps_unknown_stores(view: View) -> None:
    gold: dict[str, pa.Table] = {
        "dim_store": pa.table({"store_id": [7], "region_id": [1]}),
        "dim_region": pa.table({"region_id": [1], "sales_region": ["North West"]}),
    }
    view.land(_event("a"), _event("b"), _event("c", store_id=99))
    view.seal()
    model = next(model for model in PLAN.live if model.stream == "pos_sales")
    rows = report.query(view.connection, model, gold.__getitem__)
    assert [(r["sales_region"], r["unit_sales"], r["store_sales"], r["events"]) for r in rows] == [
        ("North West", 4, Decimal("2.47"), 2),
        ("Unknown", 2, Decimal("1.23"), 1),
    ]


def test_what_memory_cannot_hold_goes_to_disk(view: View) -> None:
    """DuckDB is held to `MEMORY`, and its file shows that the events lie there."""
    for part in range(10):
        rows = (_event(f"{part}-{n:036}") for n in range(5_000))
        view.land(*rows, key=f"{KEY}{part}")
    assert view.seal().count == 50_000
    ((limit,),) = view.connection.execute("SELECT current_setting('memory_limit')").fetchall()
    assert limit == "244.1 MiB"
    ((path,),) = view.connection.execute(
        "SELECT path FROM duckdb_databases() WHERE NOT internal"
    ).fetchall()
    assert Path(path).stat().st_size > 10**6
