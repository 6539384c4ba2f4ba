"""Fresh rows of a model against the table that stands, on a real Spark."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pyspark.sql import DataFrame, SparkSession

from dataplatform.errors import AuditFailed
from dataplatform.gold.records import ACTION, DELETE, INSERT, UPDATE, Counts
from dataplatform.plans.model import Column, GoldModel, GoldSql, WarehouseSql
from glue_jobs.transforms import gold

MODEL = GoldModel(
    name="dim_shop",
    domain="shop",
    table="gold.dim_shop",
    digest="",
    columns=(Column(name="shop_id", type="int"), Column(name="city", type="string")),
    key=("shop_id",),
    datasets=("shops",),
    models=(),
    incremental="",
    partition_by=(),
    sql="",
    full_sql="",
    duckdb=GoldSql(sql="", full_sql=""),
    warehouse=WarehouseSql(table="", create="", load=()),
)
STANDING = [(1, "Bilbao"), (2, None), (3, "Porto")]

Rows = Sequence[tuple[int, str | None]]


def _frame(spark: SparkSession, rows: Rows) -> DataFrame:
    return spark.createDataFrame(list(rows), "shop_id int, city string")


def _changes(spark: SparkSession, fresh: Rows, *, whole: bool) -> set[tuple[int, str | None, str]]:
    found = gold.compare(MODEL, _frame(spark, fresh), _frame(spark, STANDING), whole=whole)
    return {(row.shop_id, row.city, row[ACTION]) for row in found.collect()}


def test_equal_rows_are_no_change_and_null_equals_null(spark: SparkSession) -> None:
    assert _changes(spark, STANDING, whole=True) == set()


def test_a_whole_model_deletes_the_keys_that_it_lacks(spark: SparkSession) -> None:
    fresh = [(1, "Bilbao"), (2, "Vigo"), (4, "Faro")]
    assert _changes(spark, fresh, whole=True) == {
        (2, "Vigo", UPDATE),
        (3, "Porto", DELETE),
        (4, "Faro", INSERT),
    }


def test_changed_rows_alone_delete_nothing(spark: SparkSession) -> None:
    assert _changes(spark, [(3, None)], whole=False) == {(3, None, UPDATE)}


def test_rows_that_share_a_key_are_refused_with_that_key(spark: SparkSession) -> None:
    fresh = _frame(spark, [(7, "a"), (7, "b")])
    changes = gold.compare(MODEL, fresh, _frame(spark, STANDING), whole=False)
    with pytest.raises(AuditFailed, match="2 rows share the key shop_id=7"):
        gold.require_unique(MODEL, changes)


def test_a_row_without_its_key_is_refused(spark: SparkSession) -> None:
    fresh = spark.createDataFrame([(None, "a"), (7, "b")], "shop_id int, city string")
    changes = gold.compare(MODEL, fresh, _frame(spark, STANDING), whole=False)
    with pytest.raises(AuditFailed, match="1 row has the key shop_id=NULL"):
        gold.require_unique(MODEL, changes)


def test_counts_are_by_action(spark: SparkSession) -> None:
    fresh, standing = _frame(spark, [(1, "x"), (9, "y")]), _frame(spark, STANDING)
    counted = gold.count(gold.compare(MODEL, fresh, standing, whole=True))
    assert counted == Counts(inserted=1, updated=1, deleted=2)
    assert counted.total == 4
