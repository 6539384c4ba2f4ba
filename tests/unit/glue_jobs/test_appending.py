"""Batches that only insert, appended as they are ranked: what becomes of each record is the same as
by classification, and what stands in the way of it sends them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch
from dataplatform.plans.model import SilverPlan
from glue_jobs import appending, publication, tables
from glue_jobs.load import Load
from glue_jobs.transforms import pruning
from tests.unit.support.merges import counts, order, orders, shops
from tests.unit.support.spark_shops import SparkShop, spark_shop

_NEVER = 2**53
"""Milliseconds, long after every snapshot."""


@pytest.fixture
def shop(aws: None, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkShop]:
    """Order 5 stands; every batch is large enough."""
    monkeypatch.setattr(appending, "LEAST_ROWS", 0)
    with shops() as shop, spark_shop(shop, spark) as by_spark:
        shop.merged(order(5, 1))
        yield by_spark


@pytest.fixture
def appended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was appended, in rows of bronze."""
    found: list[int] = []
    call = appending.append_batches

    def told(load: Load) -> Merged:
        found.append(load.sent)
        return call(load)

    monkeypatch.setattr(appending, "append_batches", told)
    return found


def test_each_batch_is_counted_by_its_own_records(shop: SparkShop, appended: list[int]) -> None:
    first = shop.staged(order(6, 1), order(6, 2), order("x", 1))
    second = shop.staged(order(6, 3, amount="2.5"), order(7, 1))
    assert shop.merge(first, second) == {"inserted": 2, "duplicate": 2, "quarantined": 1}
    assert appended == [5]
    told = [shop.ledger.batch(one.batch_id).outcomes for one in (first, second)]
    assert [counts(outcomes) for outcomes in told] == [
        {"duplicate": 2, "quarantined": 1},
        {"inserted": 2},
    ]
    assert set(shop.rows()) == {5, 6, 7}
    assert str(shop.rows()[6]["amount"]) == "2.5000"
    assert shop.ledger.totals("orders").balanced


def test_what_is_published_names_the_snapshot_that_its_files_were_staged_by(
    shop: SparkShop, appended: list[int]
) -> None:
    shop.merge(shop.staged(order(6, 1)))
    newest, before, *_ = tables.published_snapshots(shop.spark, shop.plan.silver_table)
    assert appended == [1]
    source = int(newest.summary["source-snapshot-id"])
    assert source not in (newest.snapshot_id, before.snapshot_id)
    assert newest.summary["added-records"] == "1"
    assert newest.summary["total-records"] == "2"


def test_who_forgets_the_snapshot_that_staged_the_rows_leaves_them(
    shop: SparkShop, appended: list[int]
) -> None:
    shop.merge(shop.staged(order(6, 1)))
    held = tables.loaded(shop.spark, shop.plan.silver_table)
    held.expireSnapshots().expireOlderThan(_NEVER).retainLast(1).commit()
    assert appended == [1]
    assert len(list(tables.loaded(shop.spark, shop.plan.silver_table).snapshots())) == 1
    assert set(shop.rows()) == {5, 6}


def test_where_every_record_is_rejected_nothing_is_published(
    shop: SparkShop, appended: list[int]
) -> None:
    before = shop.lake.published(shop.plan.silver_table)
    assert shop.merge(shop.staged(order("x", 1))) == {"quarantined": 1}
    assert appended == [1]
    assert shop.lake.published(shop.plan.silver_table) == before


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (order(5, 2, amount="2"), "updated"),
        (order(5, 1), "duplicate"),
        (order(9, 1, _op="delete"), "duplicate"),
    ],
    ids=["a key that stands", "a row that stands", "a delete"],
)
@pytest.mark.parametrize("known", [True, False], ids=["by files' ends", "by its keys"])
def test_what_is_not_only_inserts_is_compared(
    shop: SparkShop,
    appended: list[int],
    monkeypatch: pytest.MonkeyPatch,
    record: dict[str, object],
    outcome: str,
    known: bool,
) -> None:
    if not known:
        monkeypatch.setattr(publication, "rows_among", lambda *_, **__: 0)
    assert shop.merge(shop.staged(order(4, 1), record)) == {"inserted": 1, outcome: 1}
    assert appended == []


def test_no_key_is_looked_for_where_the_files_tell_that_all_rows_lie_among_them(
    shop: SparkShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    condition = pruning.condition

    def told(*arguments: Any, **named: Any) -> str:
        asked.append("keys")
        return condition(*arguments, **named)

    monkeypatch.setattr(pruning, "condition", told)
    assert shop.merge(shop.staged(order(10, 1), order(4, 1))) == {"inserted": 2}
    assert asked == []
    assert shop.merge(shop.staged(order(20, 1), order(30, 1))) == {"inserted": 2}
    assert asked == ["keys"]
    assert set(shop.rows()) == {4, 5, 10, 20, 30}


PLAN: SilverPlan = orders()


@pytest.mark.parametrize(
    ("batches", "rows", "may"),
    [(1, 250_000, True), (1, 249_999, False), (16, 250_000, True), (17, 250_000, False)],
)
def test_large_loads_of_few_batches_may_be_appended(batches: int, rows: int, may: bool) -> None:
    assert appending.may_append(PLAN, [batch()] * batches, rows) is may


def test_a_replay_and_warnings_are_classified() -> None:
    assert not appending.may_append(PLAN, [replace(batch(), origin="b-0")], 250_000)
    checks = tuple(replace(check, severity="warning") for check in PLAN.checks)
    assert not appending.may_append(replace(PLAN, checks=checks), [batch()], 250_000)


def batch() -> Batch:
    """One that waits for silver."""
    return Batch(batch_id="b", run_id="r", dataset="orders", state="staged")
