"""What a merge reads of its table: never less than the rows that it touches."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import BronzeColumn, Names, SilverColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms import counting, pruning, silver
from glue_jobs.transforms.pruning import Asked
from tests.unit.support.classified import classified_by_spark
from tests.unit.support.contracts import contract, spoiled

BY_STATE: SilverPlan = silver_plan(
    contract(
        spoiled(
            (
                "      - name: state\n        logicalType: string\n",
                "      - name: state\n        logicalType: string\n"
                "        partitioned: true\n        partitionKeyPosition: 1\n",
            )
        )
    ),
    Names("test"),
)
NO_KEY: SilverPlan = silver_plan(
    contract(spoiled(("        primaryKey: true\n", ""))), Names("test")
)
OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def sent(key: object, at: str = NEW, **fields: object) -> dict[str, Any]:
    return {"order_id": key, "changed_at": at, "amount": "1", "email": "a@b", **fields}


def standing(key: int, state: str | None, at: str = OLD) -> dict[str, Any]:
    moment = dt.datetime.fromisoformat(at)
    return {"order_id": key, "state": state, "changed_at": moment, "amount": Decimal(2)}


def classify(
    spark: SparkSession,
    plan: SilverPlan,
    records: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    *,
    whole: bool = False,
) -> silver.Classified:
    bronze = {c.name: "string" for c in plan.columns} | {c.value: "string" for c in BronzeColumn}
    bronze |= {BronzeColumn.POSITION: "bigint", BronzeColumn.ARRIVED_AT: "timestamp"}
    system = {SilverColumn.CHECKSUM.value: "string", SilverColumn.POSITION.value: "bigint"}
    given = {"_batch_id": "b", "_op": "insert", "_object": "o", "_version": "v", "_checksum": "c"}
    numbered = [{**given, "_position": at, **row} for at, row in enumerate(records)]
    _view(spark, "pruned_bronze", bronze, numbered)
    _view(spark, "pruned_silver", {c.name: c.type for c in plan.columns} | system, rows)
    return classified_by_spark(
        spark, plan, ["b"], bronze="pruned_bronze", silver="pruned_silver", whole=whole
    )


@pytest.mark.parametrize("whole", [False, True])
def test_a_row_that_moves_to_another_partition_is_found_where_it_was(
    spark: SparkSession, whole: bool
) -> None:
    rows = [standing(1, "open"), standing(2, "open"), standing(5, None), standing(4, "closed")]
    records = [sent("1", state="closed"), sent("5", state="closed"), sent("9", state="closed")]
    found = classify(spark, BY_STATE, records, rows, whole=whole)
    actions = {row.order_id: row._action for row in found.actions.collect()}
    assert actions == {1: silver.UPDATE, 5: silver.UPDATE, 9: silver.INSERT}
    within = silver.within(found.actions, BY_STATE)
    held = spark.sql(f"SELECT order_id FROM pruned_silver AS t WHERE {within}").collect()
    # 2 shares partition and bounds; 4, in bounds too, stands where rows go to, and none come from.
    assert {row.order_id for row in held} == {1, 2, 5}
    found.release()


def test_rows_beyond_a_batchs_keys_are_not_compared(spark: SparkSession) -> None:
    rows = [standing(1, "open"), standing(4, "closed"), standing(2000, "open")]
    classify(spark, BY_STATE, [], rows).release()
    cast = spark.sql("SELECT explode(array(1L, 5L)) AS order_id")
    held = spark.sql(f"SELECT * FROM {silver.standing(BY_STATE, cast, 'pruned_silver')}").collect()
    assert {row.order_id for row in held} == {1, 4}


def test_a_delete_that_names_no_partition_is_found(spark: SparkSession) -> None:
    key_alone = {"order_id": "2", "_op": "delete", "_arrived_at": dt.datetime(2026, 3, 1)}
    found = classify(spark, BY_STATE, [key_alone], [standing(2, "open"), standing(2000, "open")])
    assert [row._action for row in found.actions.collect()] == [silver.DELETE]
    within = silver.within(found.actions, BY_STATE)
    held = spark.sql(f"SELECT order_id FROM pruned_silver AS t WHERE {within}").collect()
    assert [row.order_id for row in held] == [2]
    found.release()


def test_a_record_without_a_key_is_found_by_its_object_and_place(spark: SparkSession) -> None:
    row = {**standing(1, "open", NEW), "_checksum": "c", "_position": 0}
    found = classify(spark, NO_KEY, [sent("1", state="open"), sent("1")], [row])
    actions = [row._action for row in found.actions.orderBy("_position").collect()]
    assert actions == [silver.UPDATE, silver.INSERT]
    found.release()


def test_a_table_without_rows_takes_every_record(spark: SparkSession) -> None:
    classify(spark, BY_STATE, [sent("1"), sent("1", OLD), sent("x")], []).release()
    found = classified_by_spark(spark, BY_STATE, ["b"], bronze="pruned_bronze", silver="")
    (outcomes,) = counting.outcomes(found, {"b": 3}).values()
    assert (outcomes.inserted, outcomes.duplicate, outcomes.quarantined) == (1, 1, 1)
    found.release()


KINDS: dict[str, list[Any]] = {
    "int": [-(2**31), 0, 2**31 - 1],
    "bigint": [-(2**63), 0, 2**63 - 1],
    "decimal(38,2)": [Decimal("-" + "9" * 36 + ".99"), Decimal("0.01"), Decimal("9" * 36 + ".99")],
    "string": ["", "it's a \\ {within}", "é", "𝄞"],
    "date": [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(9999, 12, 31)],
    "timestamp": [dt.datetime(1883, 11, 18, 12, 3, 58, 1), dt.datetime(2026, 10, 25, 2, 30)],
    "boolean": [False, True],
    "double": [float("-inf"), 0.0, float("nan")],
}


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_no_row_with_an_equal_value_is_left_out(
    spark: SparkSession, kind: str, listed: bool
) -> None:
    values = [(value,) for value in KINDS[kind]]
    spark.createDataFrame(values, f"k {kind}").createOrReplaceTempView("pruned_values")
    asked = Asked(column="k", source="k", kind=kind, listed=listed)
    for value in values:
        one = spark.createDataFrame([value], f"k {kind}")
        one.createOrReplaceTempView("pruned_one")
        within = pruning.condition(one, [asked], table="t")
        equal = spark.sql(
            f"SELECT * FROM pruned_values AS t JOIN pruned_one AS o ON t.k = o.k WHERE {within}"
        )
        assert equal.count() == 1, (value, within)


def test_what_cannot_match_is_left_out(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(3, None), (5, None)], "k int, p string")
    bounds = Asked(column="k", source="k", kind="int")
    assert pruning.condition(rows, [bounds], table="t") == (
        "(t.`k` BETWEEN CAST('3' AS int) AND CAST('5' AS int))"
    )
    missing = Asked(column="p", source="p", kind="string", listed=True)
    assert pruning.condition(rows, [missing], table="t") == "FALSE"
    assert pruning.condition(rows.limit(0), [bounds], table="t") == "FALSE"


def test_many_values_are_told_by_their_ends(spark: SparkSession) -> None:
    rows = spark.range(pruning.MOST_VALUES + 1)
    within = pruning.condition(
        rows, [Asked(column="id", source="id", kind="bigint", listed=True)], table="t"
    )
    assert within == "(t.`id` BETWEEN CAST('0' AS bigint) AND CAST('200' AS bigint))"


def _view(
    spark: SparkSession, name: str, types: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    values = [tuple(row.get(column) for column in types) for row in rows]
    schema = ", ".join(f"`{column}` {kind}" for column, kind in types.items())
    spark.createDataFrame(values, schema).createOrReplaceTempView(name)
