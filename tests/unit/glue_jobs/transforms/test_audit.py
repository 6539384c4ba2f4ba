"""Spark answers a batch's audit as DuckDB does, from what it has classified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import SparkSession

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import BronzeColumn, Names
from dataplatform.plans.model import SilverPlan, fill
from dataplatform.quality.profile import ColumnProfile, Profile, profile_of
from glue_jobs.transforms import counting, silver
from tests.unit.support.classified import classified_by_spark
from tests.unit.support.contracts import contract, spoiled

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

WARNED = spoiled(
    (
        "      - name: state\n",
        "      - name: state\n"
        "        quality:\n"
        "          - {type: library, metric: nullValues, mustBe: 0, severity: warning}\n",
    )
)
PLAN: SilverPlan = silver_plan(contract(WARNED), Names("test"))
SYSTEM = [column.value for column in BronzeColumn]


def orders(count: int) -> list[dict[str, Any]]:
    """Orders of which some are superseded, deleted, rejected or without a state."""
    return [
        {
            "order_id": str(n % (count - 5)),
            "amount": None if n % 7 == 0 else f"{n % 90}.25",
            "email": "a@b",
            "state": None if n % 3 == 0 else "open",
            "changed_at": f"2026-01-0{1 + n // (count - 5)}T00:00:00Z",
            "_batch_id": f"b{n % 2}",
            "_position": n,
            "_op": "delete" if n % 11 == 0 else "insert",
        }
        for n in range(count)
    ] + [{"order_id": "x", "changed_at": "2026-01-01T00:00:00Z", "_batch_id": "b0"}]


@pytest.fixture
def classified(spark: SparkSession) -> Any:
    def of(records: list[dict[str, Any]]) -> silver.Classified:
        names = [*(column.name for column in PLAN.columns), *SYSTEM]
        kinds = ", ".join(f"{name} {_kind(name)}" for name in names)
        rows = [tuple(record.get(name) for name in names) for record in records]
        spark.createDataFrame(rows, kinds).createOrReplaceTempView("bronze_audited")
        return classified_by_spark(spark, PLAN, ["b0", "b1"], bronze="bronze_audited", silver="")

    return of


def test_both_engines_find_the_same_figures(classified: Any, tmp_path: Path) -> None:
    found = classified(orders(200))
    spark = profile_of(_measures(), counting.figures(found, PLAN, 200))
    accepted = found.newest.where("NOT _op <=> 'delete'")
    accepted.select(*[c.name for c in PLAN.columns]).write.parquet(str(tmp_path / "accepted"))
    duckdb_ = _by_duckdb(tmp_path / "accepted")
    assert spark.rows == duckdb_.rows == accepted.count()
    assert spark.columns.keys() == duckdb_.columns.keys()
    for name, ours in spark.columns.items():
        theirs = duckdb_.columns[name]
        found_here, found_there = (dict(_figures(each)) for each in (ours, theirs))
        assert found_here == pytest.approx(found_there, rel=1e-12), name
    assert spark.columns["amount"].null_share > 0.1
    assert spark.columns["amount"].distinct_share is not None


def test_a_sample_of_the_values_stands_for_them_all(classified: Any) -> None:
    found = classified(orders(3000))
    whole = profile_of(_measures(), counting.figures(found, PLAN, 3000)).columns["email"]
    sampled = profile_of(_measures(), counting.figures(found, PLAN, 20_000)).columns["email"]
    assert whole.distinct_share is not None and sampled.distinct_share is not None
    assert abs(whole.distinct_share - sampled.distinct_share) < 0.01


def test_records_that_are_warned_of_are_counted_by_batch_and_check(classified: Any) -> None:
    found = counting.warned(classified(orders(60)), PLAN)
    assert {batch for batch, _, _ in found} == {"b0", "b1"}
    (check,) = {name for _, names, _ in found for name in names}
    assert check.startswith("state.")
    expected = sum(1 for n in range(60) if n % 3 == 0 and n % 11)
    assert sum(count for _, _, count in found) == expected


def _figures(profile: ColumnProfile) -> Iterator[tuple[str, float]]:
    return ((name, value) for name, value in vars(profile).items() if value is not None)


def _measures() -> Any:
    assert PLAN.audit is not None
    return PLAN.audit.measures


def _by_duckdb(accepted: Path) -> Profile:
    assert PLAN.audit is not None
    with duckdb.connect() as connection:
        records = f"read_parquet('{accepted}/*.parquet')"
        row = connection.execute(fill(PLAN.audit.duckdb, records=records, sample="1")).fetchone()
        assert row is not None
        return profile_of(PLAN.audit.measures, row)


def _kind(name: str) -> str:
    kinds = {"_position": "BIGINT", "_arrived_at": "TIMESTAMP"}
    return kinds.get(name, "STRING")
