"""The live view checks what silver checks: the same records get the same values and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import BronzeColumn, Names
from dataplatform.plans.model import SilverPlan, fill
from dataplatform.render.duckdb import to_duckdb
from tests.unit.support.contracts import contract, spoiled
from tests.unit.support.spark import SilverStep

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

GOOD = {"order_id": "7", "amount": "1.5", "changed_at": "2026-01-02T03:04:05Z"}
NUMBERS = (
    "0", "-0", "+7", "007", "7.0", "7.5", " 7", "7 ", "1e2", "1E+2", "15e-1", "1e37", "1e38",
    "100", "100.00001", "99.99999", "99.9999000", ".5", "5.", "-.0001", "", "x", "NaN", "Infinity",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0x10", "1_000", "\u0661",
    "1,5", "7\n", "12345678901234567890123",
)  # fmt: skip
MOMENTS = (
    "2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "2026-01-02T03:04:05.123456789Z",
    "2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05-0530", "2026-02-30T00:00:00Z",
    "2026-01-02T24:00:00Z", "2026-01-02T23:59:60Z", "2026-01-02", "0000-01-01T00:00:00Z",
    "1900-01-01T00:00:00Z", "2100-12-31T23:59:59Z", "2026-1-2T03:04:05Z", "now", "", " ",
    "2026-01-02T03:04:05Z\n", "2026-01-02T03:04:05+25:00", "2026-01-02T03:04:05+18:00",
    "2026-01-02T03:04:05-18:01", "2026-01-02T03:60:05Z", "2026-01-02T03:04:05+0260",
)  # fmt: skip
DAYS = (
    "2026-01-02", "0001-01-01", "0000-01-01", "-0001-01-01", "9999-12-31", "10000-01-01",
    "2026-02-29", "2024-02-29", "2026-1-2", "26-01-02", "2026/01/02", "2026-01-02T00:00",
    "2026-01-02T00:00:01",
    "2026-01-02Z", " 2026-01-02", "infinity", "-infinity", "epoch", "0044-03-15 (BC)", "today",
)  # fmt: skip
TEXTS = ("a@b", "ab", "@@", "@@@", "é@ü", "x" * 50 + "@", "x" * 90, "o'clock@", "a\\b@", "\n@\n")


def records() -> list[dict[str, Any]]:
    found = [{**GOOD, "order_id": number} for number in NUMBERS]
    found += [{**GOOD, "amount": number} for number in NUMBERS]
    found += [{**GOOD, "changed_at": moment} for moment in MOMENTS]
    found += [{**GOOD, "email": text} for text in TEXTS]
    found += [{**GOOD, "state": text} for text in ("open", "closed", "Open", "open ", "")]
    found += [
        {},
        GOOD,
        {"order_id": "1", "_op": "delete"},
        {**GOOD, "amount": "x", "_op": "delete"},
    ]
    return [{**record, "_position": number} for number, record in enumerate(found)]


def in_duckdb(plan: SilverPlan, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows that Spark had as bronze, cast and checked by DuckDB."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("bronze", pa.Table.from_pylist([row.asDict() for row in rows]))
        sql = fill(to_duckdb(plan.spark.typed), bronze="bronze")
        cursor = connection.execute(f"SELECT * FROM ({sql}) ORDER BY _position")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_both_engines_cast_and_refuse_alike(spark: SparkSession) -> None:
    plan = silver_plan(contract(), Names("dev"))
    given = records()
    ours = SilverStep(spark, plan).typed(*given)
    bronze = spark.table("bronze").orderBy(BronzeColumn.POSITION.value).collect()
    theirs = in_duckdb(plan, bronze)
    names = [column.name for column in plan.columns if column.type != "timestamp"]
    differ = [
        (record, name, left[name], right[name])
        for record, left, right in zip(given, ours, theirs, strict=True)
        for name in (*names, "_reasons")
        if left[name] != right[name]
    ]
    assert not differ
    assert sum(bool(row["_reasons"]) for row in theirs) > 40, "most of these are bad"


def test_both_engines_know_the_same_moments(spark: SparkSession) -> None:
    plan = silver_plan(contract(), Names("dev"))
    given = [record for record in records() if record.get("changed_at") in MOMENTS]
    step = SilverStep(spark, plan)
    step.typed(*given)
    sql = fill(plan.spark.typed, bronze="bronze")
    asked = f"SELECT unix_micros(changed_at) AS at FROM ({sql}) ORDER BY _position"
    ours = [row["at"] for row in spark.sql(asked).collect()]
    bronze = spark.table("bronze").orderBy(BronzeColumn.POSITION.value).collect()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Pacific/Auckland'")  # nothing may depend on it
        connection.register("bronze", pa.Table.from_pylist([row.asDict() for row in bronze]))
        typed = fill(to_duckdb(plan.spark.typed), bronze="bronze")
        rows = connection.execute(
            f"SELECT epoch_us(changed_at) FROM ({typed}) ORDER BY _position"
        ).fetchall()
    assert [at for (at,) in rows] == ours


@pytest.mark.parametrize(
    "kind",
    ["INT", "BIGINT", "DATE", "DECIMAL(12,2)", "DECIMAL(2,2)", "DECIMAL(18,6)", "DECIMAL(5)"],
)
def test_the_short_cut_of_a_cast_takes_what_the_cast_takes(kind: str) -> None:
    logical = "date" if kind == "DATE" else "integer" if kind.endswith("INT") else "number"
    column = f"logicalType: {logical}\n        physicalType: {kind}"
    bounds = "\n        logicalTypeOptions:\n          minimum: 0\n          maximum: 100"
    text = spoiled(
        ("logicalType: number\n        physicalType: DECIMAL(10,4)" + bounds, column),
    )
    plan = silver_plan(contract(text), Names("dev"))
    whole = to_duckdb(plan.spark.typed)
    assert plan.duckdb.typed != whole
    given = [*NUMBERS, *MOMENTS, *DAYS, *map(str, range(-200, 200)), *_decimals(), None]
    sent = {"order_id": "1", "email": None, "state": None, "changed_at": None, "_op": "insert"}
    system = dict.fromkeys((c.value for c in BronzeColumn if c.value not in sent), "")
    rows = [{**system, **sent, "amount": value, "_position": n} for n, value in enumerate(given)]
    with duckdb.connect() as connection:
        connection.register("bronze", pa.Table.from_pylist(rows))
        long, short = (
            connection.execute(
                f"SELECT amount, _reasons FROM ({fill(sql, bronze='bronze')}) ORDER BY _position"
            ).fetchall()
            for sql in (whole, plan.duckdb.typed)
        )
    assert short == long
    assert any(value is not None for value, _ in short)
    assert any(reasons and value is None for value, reasons in short)


def _decimals() -> list[str]:
    shapes = ("0.5", "0.50", "-0.50", ".50", "-.5", "12.34", "012.34", "12.345", "12.340", "-0.00")
    return [*shapes, "0.05", "9999999999.99", "99999999999.99", "0.123456", "99999", "100000"]


def test_a_brace_in_a_literal_is_no_placeholder() -> None:
    text = spoiled(('pattern: "@"', 'pattern: "^[{bronze}@]+$"'))
    sql = to_duckdb(silver_plan(contract(text), Names("dev")).spark.typed)
    assert sql.count("{bronze}") == 1
    with duckdb.connect() as connection:
        ((pattern,),) = connection.execute("SELECT '^[' || CHR(123) || 'bronze}@]+$'").fetchall()
    assert pattern == "^[{bronze}@]+$"
    assert "' || CHR(123) || 'bronze}" in sql
