"""A backfill by Spark gives what one by DuckDB gives, on the same tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import BackfillCounts
from dataplatform.naming import SilverColumn
from glue_jobs import backfill_chunk
from glue_jobs.requarantine import Requarantine
from tests.unit.dataplatform.duckdb_engine.test_clean_build import BATCHES, BY_STATE, LIMITS, Sent
from tests.unit.support import spark_backfills
from tests.unit.support.backfills import done, planned
from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.merges import Shop, order, orders, shops
from tests.unit.support.spark_shops import SparkShop, spark_shop

pytestmark = [
    # PySpark leaves the sockets of its results to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.slow,
]

NO_KEY = spoiled(("        primaryKey: true\n", ""))
_WRITER = {SilverColumn.BATCH_ID.value, SilverColumn.SEQUENCE.value, SilverColumn.LOADED_AT.value}


def limited(limit: str, contract: str = ORDERS) -> Any:
    """The plan of a contract with another maximum."""
    return orders(spoiled(("maximum: 100", f"maximum: {LIMITS[limit]}"), text=contract))


@pytest.mark.parametrize("contract", [BY_STATE, NO_KEY], ids=["partitioned", "no key"])
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=BATCHES,
    before=st.sampled_from(sorted(LIMITS)),
    after=st.sampled_from(sorted(LIMITS)),
    sparks=st.sampled_from([(True,), (True,), (True, False), (False, True, True)]),
)
def test_any_history_ends_alike_whichever_engine_does_which_chunk(
    aws: None,
    spark: SparkSession,
    contract: str,
    batches: list[list[Sent]],
    before: str,
    after: str,
    sparks: tuple[bool, ...],
) -> None:
    def history(shop: Shop) -> None:
        for batch in batches:
            shop.merged(*batch)
        shop.plan = limited(after, contract)

    with shops(limited(before, contract)) as shop:
        history(shop)
        plan = planned(shop, chunks=len(sparks))
        expected = done(shop, plan)
        ends = _state(shop, plan.backfill_id)
    with shops(limited(before, contract)) as shop:
        history(shop)
        plan, found = planned(shop, chunks=len(sparks)), BackfillCounts()
        for chunk, by_spark in zip(shop.ledger.chunks(plan.backfill_id), sparks, strict=True):
            if by_spark:
                with spark_shop(shop, spark) as sparks_shop:
                    found += spark_backfills.done(sparks_shop, plan, chunk)
        found += done(shop, plan)
        assert found == expected
        assert _state(shop, plan.backfill_id) == ends
        assert shop.ledger.totals("orders").balanced


STEPS: dict[str, tuple[Any, str, bool]] = {
    "after its copies are in bronze": (Requarantine, "_copy", True),
    "after quarantine has followed": (Requarantine, "_write", True),
    "before silver is published": (backfill_chunk, "publish_changes", False),
    "before the ledger is told": (Ledger, "chunk_done", False),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_job_that_is_killed_is_done_once_by_the_next(
    sparks: SparkShop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shop = sparks
    Shop.merge(shop, shop.staged(order(1, 1), order(2, 1, amount="3"), order(3, 1, amount="500")))
    shop.plan = limited("strict")
    plan = planned(shop)
    where, name, after = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(where, name, _killed(getattr(where, name), after=after))
        with pytest.raises(Died):
            spark_backfills.done(shop, plan)
    committed = shop.lake.snapshots(shop.plan.silver_table)
    counts = {"records": 3, "rejected": 2, "keys": 3, "kept": 1, "absent": 1, "deleted": 1}
    counts["quarantined"] = 1
    assert spark_backfills.done(shop, plan, request="b2") == BackfillCounts(**counts)
    made = shop.lake.snapshots(shop.plan.silver_table) - committed
    assert made == (0 if step == "before the ledger is told" else 1)
    assert set(shop.rows()) == {1}
    assert sorted(row["position"] for row in _quarantine(shop)) == [2, 3]
    copies = [r for r in shop.lake.rows(shop.plan.bronze_table) if r["_position"] == 2]
    assert len(copies) == 2, "as it was sent, and as the batch that can be replayed"
    totals = shop.ledger.totals("orders")
    assert (totals.live, totals.withdrawn, totals.quarantined, totals.rejudged) == (1, 1, 2, 1)
    assert totals.balanced
    assert sorted(batch.waiting for batch in shop.ledger.waiting_batches("orders")) == [1, 1]


def test_what_is_published_meanwhile_is_read_and_what_is_only_staged_is_not(
    sparks: SparkShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = sparks
    Shop.merge(shop, shop.staged(order(1, 1), order(4, 1)))
    late = shop.staged(order(1, 2, amount="9"))
    held = shop.staged(order(2, 1), order(4, 2, amount="8"))
    derive, calls = backfill_chunk._Chunk.derive, []

    def between(chunk: Any, summaries: Any) -> None:
        derive(chunk, summaries)
        calls.append(chunk)
        if len(calls) == 1:
            Shop.merge(shop, late)

    monkeypatch.setattr(backfill_chunk._Chunk, "derive", between)
    found = spark_backfills.done(shop, planned(shop))
    assert found == BackfillCounts(records=3, keys=2, kept=2)
    assert int(shop.rows()[1]["amount"]) == 9
    assert Shop.merge(shop, held) == {"inserted": 1, "updated": 1}


class Died(Exception):
    """The job was killed."""


def _killed(step: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def dies(*args: Any, **more: Any) -> None:
        if after:
            step(*args, **more)
        raise Died

    return dies


def _state(shop: Shop, backfill_id: str) -> list[object]:
    """Everything that a backfill may change, without the names that are made by chance."""
    rows = [
        {name: value for name, value in row.items() if name not in _WRITER}
        for row in shop.lake.rows(shop.plan.silver_table)
    ]
    totals = shop.ledger.totals("orders")
    waiting = [batch.waiting for batch in shop.ledger.waiting_batches("orders")]
    chunks = [(chunk.state, chunk.counts) for chunk in shop.ledger.chunks(backfill_id)]
    quarantine = [
        (r["object"], r["position"], r["record"], r["reasons"]) for r in _quarantine(shop)
    ]
    figures = {k: v for k, v in vars(totals).items() if k not in ("bytes", "files")}
    return [sorted(rows, key=str), sorted(quarantine), sorted(waiting), chunks, figures]


def _quarantine(shop: Shop) -> list[dict[str, Any]]:
    return shop.lake.rows(shop.plan.quarantine_table, dataset="orders")


@pytest.fixture
def sparks(aws: None, spark: SparkSession) -> Iterator[SparkShop]:
    with shops() as shop, spark_shop(shop, spark) as found:
        yield found
