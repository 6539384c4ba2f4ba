"""Batches whose keys lie among those that stand: a plain model tells what each record becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataplatform.errors import AuditFailed
from dataplatform.naming import OUTCOMES_PROPERTY, SEQUENCE_PROPERTY
from glue_jobs import appending, changes, tables
from glue_jobs.transforms import silver
from tests.unit.support.merges import order, shops
from tests.unit.support.order_model import Model, Sent, held
from tests.unit.support.spark_shops import SparkShop, spark_shop

STANDING: list[Sent] = [order(key, 5) for key in (2, 4, 6, 8, 10)]

AMONG: list[Sent] = [
    order(3, 1),
    order(3, 2, amount="3"),  # twice in the batch
    order(2, 6, amount="7"),  # changed, and again by an older record of the batch
    order(2, 4, amount="9"),
    order(4, 5),  # as it stands
    order(10, 5, amount="5"),  # as new as what stands: what comes later does
    order(6, 1, amount="8"),  # late
    order(8, 6, _op="delete"),
    order(9, 6, _op="delete"),  # of a key that doesn't stand
    order("x", 6),
    order(5, 6, amount="500"),  # above what is allowed
    order(7, 1),
]


class Died(Exception):
    """The job was killed."""


@pytest.fixture(params=[0, 10**9], ids=["large", "small"])
def shop(
    request: pytest.FixtureRequest,
    aws: None,
    spark: SparkSession,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SparkShop]:
    """Every second order stands; every batch is as large, or as small, as is asked for."""
    monkeypatch.setattr(appending, "LEAST_ROWS", request.param)
    with shops() as shop, spark_shop(shop, spark) as by_spark:
        shop.merged(*STANDING)
        yield by_spark


def test_each_record_becomes_what_the_model_says(shop: SparkShop) -> None:
    model = Model()
    model.merge(STANDING)
    assert shop.merge(shop.staged(*AMONG)) == model.merge(AMONG)
    assert held(shop) == model.held
    assert shop.ledger.totals("orders").balanced


def test_changes_and_new_rows_are_two_commits_that_readers_see_at_once(shop: SparkShop) -> None:
    before = len(tables.published_snapshots(shop.spark, shop.plan.silver_table))
    batch = shop.staged(*AMONG)
    shop.merge(batch)
    appended, matched, *others = tables.published_snapshots(shop.spark, shop.plan.silver_table)
    assert len(others) == before
    assert matched.summary[OUTCOMES_PROPERTY] == appended.summary[OUTCOMES_PROPERTY]
    assert matched.summary[SEQUENCE_PROPERTY] == appended.summary[SEQUENCE_PROPERTY]
    assert appended.summary["added-records"] == "2"
    assert "deleted-data-files" not in appended.summary


@pytest.mark.parametrize("step", ["_match", "_see_updated", "append"])
def test_a_job_that_dies_while_it_stages_is_done_anew(
    shop: SparkShop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    model, batch = Model(), shop.staged(*AMONG)
    model.merge(STANDING)
    before = shop.lake.published(shop.plan.silver_table)
    staging: Callable[..., Any] = getattr(changes, step)

    def dying(*arguments: Any) -> None:
        staging(*arguments)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(changes, step, dying)
        with pytest.raises(Died):
            shop.merge(batch)
    assert shop.lake.published(shop.plan.silver_table) == before
    assert held(shop) == model.held
    assert shop.merge(batch, run="run-2", request="r2") == model.merge(AMONG)
    assert held(shop) == model.held
    assert shop.ledger.totals("orders").balanced


def test_a_row_that_was_to_be_updated_and_is_not_found_stops_the_load(
    shop: SparkShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.lake.published(shop.plan.silver_table)
    monkeypatch.setattr(silver, "within", lambda *_: "t.order_id > 2")
    with pytest.raises(AuditFailed, match="0 rows were updated, counted were 1"):
        shop.merge(shop.staged(order(2, 6), order(3, 1)))
    assert shop.lake.published(shop.plan.silver_table) == before
