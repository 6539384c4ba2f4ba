"""The live view counts an event once, as its contract casts it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.live import models, query
from cli.live_events import cast_events
from dataplatform.naming import Names
from dataplatform.plans.compiler import compile_platform
from lambdas.transform_events.logic import RECEIVED_AT

ROOT = Path(__file__).parents[3]
PLAN = compile_platform(ROOT, Names("dev"))
STREAM = PLAN.dataset("pos_sales")


def _event(identifier: str, **changed: Any) -> dict[str, Any]:
    numbers = {"product_id": "1", "customer_id": "2", "promotion_id": "0", "store_id": "7"}
    measures = {"unit_sales": "2.0000", "store_sales": "1.2345", "store_cost": "0.5"}
    fixed = {"event_id": identifier, "sold_at": "1997-07-15T10:00:00Z"}
    return {**fixed, **numbers, **measures, RECEIVED_AT: "2026-11-18T09:06:40.123+00:00"} | changed


def test_an_event_that_came_twice_counts_once() -> None:
    found = cast_events(STREAM, [_event("a"), _event("b"), _event("a")])
    assert (found.count, found.repeated, found.unusable) == (2, 1, 0)


def test_the_newer_of_one_key_counts() -> None:
    newer = _event("a", sold_at="1997-07-15T11:00:00Z", store_sales="9.9999")
    for rows in ([newer, _event("a")], [_event("a"), newer]):
        assert cast_events(STREAM, rows).table["store_sales"].to_pylist() == [Decimal("9.9999")]


def test_what_does_not_fit_the_contract_is_counted_apart() -> None:
    found = cast_events(STREAM, [_event("a"), _event("b", unit_sales="two"), {"x": "1"}])
    assert (found.count, found.unusable) == (1, 2)


def test_no_events_are_no_rows() -> None:
    found = cast_events(STREAM, [])
    assert (found.count, found.newest) == (0, 0.0)


def test_the_sample_model_sums_by_region_and_keeps_unknown_stores() -> None:
    import pyarrow as pa

    gold = {
        "dim_store": pa.table({"store_id": [7], "region_id": [1]}),
        "dim_region": pa.table({"region_id": [1], "sales_region": ["North West"]}),
    }
    events = cast_events(STREAM, [_event("a"), _event("b"), _event("c", store_id="99")])
    rows = query(models(ROOT)[0], PLAN, events, gold.__getitem__)
    assert [(r["sales_region"], r["unit_sales"], r["store_sales"], r["events"]) for r in rows] == [
        ("North West", 4, Decimal("2.47"), 2),
        ("Unknown", 2, Decimal("1.23"), 1),
    ]
