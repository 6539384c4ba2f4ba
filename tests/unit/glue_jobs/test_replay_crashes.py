"""A replay that dies at any step is finished by the next run; no row is ever in two places.

Whichever engine stages it and merges it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dataplatform.adapters import quarantine as staging_quarantine
from dataplatform.adapters import replays
from dataplatform.duckdb_engine import quarantine as silver_quarantine
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.ledger import Ledger
from dataplatform.ledger.run_input import ReplayInput
from glue_jobs import stage, tables
from tests.unit.support.contracts import spoiled
from tests.unit.support.merges import Shop, counts, orders, shops
from tests.unit.support.replays import run_replay, waiting
from tests.unit.support.spark_shops import spark_shop

LOOSE = spoiled(("          maximum: 100\n", "          maximum: 1000\n"))
BODY = (
    b"order_id,amount,email,state,changed_at\n"
    b"1,1,a@b,open,2026-01-01T00:00:00Z\n"
    b"2,500,a@b,open,2026-01-01T00:00:00Z\n"
    b"3,many,a@b,open,2026-01-01T00:00:00Z\n"
    b"4,short\n"
)
STEPS: dict[str, dict[str, tuple[Any, str]]] = {
    "duckdb": {
        "the batch opened": (Ledger, "open_replay"),
        "unreadable records quarantined": (staging_quarantine, "append_once"),
        "rows staged": (replays, "append_once"),
        "the ledger told of staging": (Ledger, "batch_staged"),
        "records rejected again": (silver_quarantine, "append_once"),
        "silver published": (LakeTable, "publish"),
        "the ledger told of publication": (Ledger, "publish_batch"),
    },
    "spark": {
        "rows staged": (stage, "_replace"),
        "records rejected again": (tables, "append"),
        "silver published": (tables, "publish"),
    },
}
"""What Spark shares with DuckDB, the ledger's part, dies once."""

KILLED = [
    pytest.param(engine, step, after, id=f"{engine}, {'after' if after else 'before'} {step}")
    for engine, steps in STEPS.items()
    for step in steps
    for after in (False, True)
    # Of Spark's commits, which take seconds each: before the last, and after any.
    if after or engine == "duckdb" or step == "silver published"
]


class Died(Exception):
    """The function was killed."""


@pytest.fixture
def shop(aws: None, engine: str, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """What a batch left in quarantine may be replayed."""
    with shops() as shop:
        origin = shop.staged_objects([shop.lake.land("a.csv", BODY, "orders")])
        shop.merge(origin)
        shop.plan = orders(LOOSE)
        if engine == "duckdb":
            yield shop
            return
        with spark_shop(shop, request.getfixturevalue("spark")) as by_spark:
            yield by_spark


def dying(call: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def once(*arguments: Any, **named: Any) -> Any:
        if after:
            call(*arguments, **named)
        raise Died

    return once


def places(shop: Shop) -> dict[str, list[str]]:
    """Where each record is: silver, waiting in quarantine, or under way in a replay."""
    rows = waiting(shop)

    def named(under_way: bool) -> list[str]:
        found = [row for row in rows if row.under_way == under_way]
        return sorted(str(row.position) for row in found)

    return {
        "silver": sorted(str(row["_position"]) for row in shop.rows().values()),
        "waits": named(False),
        "under way": named(True),
    }


@pytest.mark.parametrize(("engine", "step", "after"), KILLED)
def test_a_replay_that_dies_is_finished_by_the_next_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, engine: str, step: str, after: bool
) -> None:
    before = shop.ledger.totals("orders")
    assert places(shop) == {"silver": ["1"], "waits": ["2", "3", "4"], "under way": []}
    owner, name = STEPS[engine][step]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dying(getattr(owner, name), after=after))
        with pytest.raises(Died):
            run_replay(shop, "run-1", ReplayInput(dataset="orders"))

    found = places(shop)
    if shop.ledger.totals("orders").replayed == 0:  # else those that wait are new rows
        assert not set(found["silver"]) & set(found["waits"])
        assert {*found["silver"], *found["waits"], *found["under way"]} == set("1234")
    assert shop.ledger.totals("orders").balanced

    again = None if shop.ledger.unfinished_batches() else ReplayInput(dataset="orders")
    if not shop.ledger.totals("orders").replayed:
        run_replay(shop, "run-2", again)
    assert places(shop) == {"silver": ["1", "2"], "waits": ["3", "4"], "under way": []}
    totals = shop.ledger.totals("orders")
    assert totals.balanced and totals.source == before.source == 4
    assert counts(totals.outcomes) == {"inserted": 2, "quarantined": 2}
    assert totals.replayed == 3
    assert not shop.ledger.unfinished_batches()
