"""Each record of a batch list has exactly one outcome, on a real Spark."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import BronzeColumn, Names, SilverColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms import counting, silver
from tests.unit.support.classified import classified_by_spark
from tests.unit.support.contracts import ORDERS, contract

PLAN: SilverPlan = silver_plan(contract(ORDERS), Names("test"))
GOOD = {"amount": "1.50", "email": "a@b", "state": None}

Record = dict[str, Any]


def order(key: object, changed_at: str, batch: str = "b1", **fields: object) -> Record:
    return {**GOOD, "order_id": key, "changed_at": changed_at, "_batch_id": batch, **fields}


@pytest.fixture
def bronze(spark: SparkSession) -> Any:
    """Rows as bronze holds them, in a view; silver is given as rows that stand there."""

    def classify(
        records: list[Record], standing: list[Record], batches: list[str]
    ) -> silver.Classified:
        _view(spark, "bronze_rows", _bronze_types(), records)
        _view(spark, "silver_rows", _silver_types(), standing)
        return classified_by_spark(spark, PLAN, batches, bronze="bronze_rows", silver="silver_rows")

    return classify


def test_a_batch_list_counts_each_batch_by_its_own_records(bronze: Any) -> None:
    records = [
        order("1", "2026-01-01T00:00:00Z"),
        order("1", "2026-01-02T00:00:00Z", "b2"),
        order("2", "2026-01-01T00:00:00Z", "b2"),
        order("x", "2026-01-01T00:00:00Z", "b2"),
    ]
    sent = {"b1": 1, "b2": 3, "b3": 0}
    found = counting.outcomes(bronze(records, [], list(sent)), sent)
    assert found["b1"].to_dict() == _counts(duplicate=1)
    assert found["b2"].to_dict() == _counts(inserted=2, quarantined=1)
    assert found["b3"].total == 0


def test_an_older_record_loses_and_an_equal_one_changes_nothing(bronze: Any) -> None:
    classified = bronze([order("1", "2026-01-02T00:00:00Z")], [], ["b1"])
    standing = [row.asDict() for row in classified.newest.collect()]
    again = bronze(
        [order("1", "2026-01-02T00:00:00Z"), order("1", "2026-01-01T00:00:00Z", amount="9")],
        standing,
        ["b1"],
    )
    assert counting.outcomes(again, {"b1": 2})["b1"].to_dict() == _counts(duplicate=2)
    assert silver.matched(again.actions).count() == 0


def test_a_quarantined_record_is_kept_as_sent_with_every_reason(bronze: Any) -> None:
    bad = order("x", "yesterday", amount="-3", _extra='{"colour": "red"}')
    records = silver.quarantine_records(bronze([bad], [], ["b1"]), PLAN, "run").collect()
    (record,) = records
    assert json.loads(record.record)["order_id"] == "x"
    assert json.loads(record.record)["_extra"] == '{"colour": "red"}'
    reasons = " ".join(json.loads(record.reasons))
    for column in ("order_id", "changed_at", "amount"):
        assert column in reasons


KEYS = st.sampled_from(["1", "2", "3", "", "x"])
DAYS = st.sampled_from([f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)] + ["soon"])
RECORDS = st.lists(
    st.builds(
        order,
        KEYS.map(lambda key: key or None),
        DAYS,
        st.sampled_from(["b1", "b2"]),
        amount=st.sampled_from(["1", "2.5000", "nothing", "101"]),
    ),
    min_size=5,
    max_size=40,
)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(records=RECORDS)
def test_every_record_has_exactly_one_outcome(bronze: Any, records: list[Record]) -> None:
    batches = ["b1", "b2"]
    classified = bronze(records, [], batches)
    sent = Counter(record["_batch_id"] for record in records)
    found = counting.outcomes(classified, {batch: sent[batch] for batch in batches})
    assert {batch: found[batch].total for batch in batches} == {b: sent[b] for b in batches}
    inserted = sum(outcome.inserted for outcome in found.values())
    assert inserted == classified.newest.select("order_id").distinct().count()
    classified.release()


def _counts(**counts: int) -> dict[str, int]:
    names = ("inserted", "updated", "deleted", "duplicate", "quarantined")
    return {name: counts.get(name, 0) for name in names}


def _bronze_types() -> dict[str, str]:
    system = {BronzeColumn.POSITION: "bigint", BronzeColumn.ARRIVED_AT: "timestamp"}
    sent = {column.name: "string" for column in PLAN.columns}
    return sent | {column.value: system.get(column, "string") for column in BronzeColumn}


def _silver_types() -> dict[str, str]:
    system = {SilverColumn.CHECKSUM.value: "string", SilverColumn.POSITION.value: "bigint"}
    return {column.name: column.type for column in PLAN.columns} | system


def _view(spark: SparkSession, name: str, types: dict[str, str], rows: list[Record]) -> None:
    standard = {"_op": "insert", "_object": "o", "_version": "v", "_checksum": "c"}
    full = [{**standard, "_position": place, **row} for place, row in enumerate(rows)]
    values = [tuple(row.get(column) for column in types) for row in full]
    schema = ", ".join(f"`{column}` {kind}" for column, kind in types.items())
    spark.createDataFrame(values, schema).createOrReplaceTempView(name)
