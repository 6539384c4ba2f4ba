"""Which rows of an input Spark reads where changed ones suffice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from dataplatform.gold.due import ChangedRows
from dataplatform.naming import SilverColumn
from glue_jobs import spark_gold, tables
from tests.unit.support.merges import shops
from tests.unit.support.spark_shops import catalogued

TABLE = "weir_dev_silver.some"


@pytest.fixture
def appends(aws: None, spark: SparkSession) -> Iterator[tuple[SparkSession, list[int]]]:
    """A table to which 1, 2 and 3 were appended, one by one; the snapshots."""
    with shops(), catalogued(spark) as own:
        table, sequence = tables.qualified(TABLE), SilverColumn.SEQUENCE.value
        own.sql(f"CREATE TABLE {table} ({sequence} bigint) USING iceberg")
        for number in (1, 2, 3):
            own.sql(f"INSERT INTO {table} VALUES ({number})")
        newest_first = tables.published_snapshots(own, TABLE)
        yield own, [snapshot.snapshot_id for snapshot in reversed(newest_first)]


def test_what_was_appended_after_a_snapshot_is_read_up_to_the_one_that_is_noted(
    appends: tuple[SparkSession, list[int]],
) -> None:
    session, (first, second, third) = appends

    def read(changed: ChangedRows) -> list[int]:
        return sorted(row[0] for row in spark_gold.read(session, changed).collect())

    assert read(ChangedRows(TABLE, snapshot=first, until=third)) == [2, 3]
    assert read(ChangedRows(TABLE, snapshot=first, until=second)) == [2]
    assert read(ChangedRows(TABLE, snapshot=second, until=second)) == []
    assert read(ChangedRows(TABLE, sequence=1)) == [2, 3]
