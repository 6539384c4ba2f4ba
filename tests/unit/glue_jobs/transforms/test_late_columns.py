"""Both engines fill the same columns of bronze from `_extra`, as staging would have read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.late_columns import lay_filled
from glue_jobs.transforms.late_columns import filled, late
from tests.unit.support.engines import engines
from tests.unit.support.late_columns import AFTER, BEFORE, SOURCES, bronze

NAMES = [column.name for column in AFTER.columns]
LATE = {"json": ["area", "tags"], "csv": ["area", "nowhere", "tags"]}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(memory=2 << 30, storage=2 << 30, directory=tmp_path) as engine:
        yield engine


@pytest.mark.parametrize("format", SOURCES)
def test_both_engines_read_bronze_as_if_it_had_been_staged_today(
    engine: Engine, spark: SparkSession, tmp_path: Path, format: str
) -> None:
    path = tmp_path / "bronze.parquet"
    pq.write_table(bronze(BEFORE, format, SOURCES[format], NAMES), path)
    expected = by_place(bronze(AFTER, format, SOURCES[format]).to_pylist())
    engine.execute(f"CREATE TEMP VIEW sent AS FROM read_parquet('{path}')")
    lay_filled(engine, AFTER, "sent", "bronze")
    found = pa.Table.from_batches(list(engine.batches("SELECT * FROM bronze")))
    assert by_place(found.to_pylist()) == expected

    rows = spark.read.parquet(str(path))
    assert late(rows, AFTER) == LATE[format]
    with engines(spark, tmp_path) as both:
        filled(rows, AFTER, late(rows, AFTER)).createOrReplaceTempView("filled")
        assert by_place(both.in_spark("SELECT * FROM filled").to_pylist()) == expected


def test_bronze_in_which_nothing_came_late_is_read_as_it_is(
    engine: Engine, spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "bronze.parquet"
    pq.write_table(bronze(BEFORE, "json", SOURCES["json"]), path)
    rows = spark.read.parquet(str(path))
    assert filled(rows, BEFORE, late(rows, BEFORE)) is rows
    engine.execute(f"CREATE TEMP VIEW sent AS FROM read_parquet('{path}')")
    lay_filled(engine, BEFORE, "sent", "bronze")
    assert not list(engine.directory.glob("*filled*"))
    assert engine.rows("SELECT count(*) FROM bronze") == [(rows.count(),)]


def by_place(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["_position"]: row for row in rows}
