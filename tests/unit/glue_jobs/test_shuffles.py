from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from glue_jobs import shuffles


@pytest.fixture
def session(spark: SparkSession) -> Iterator[SparkSession]:
    before = spark.conf.get(shuffles.SETTING)
    assert before is not None
    yield spark
    spark.conf.set(shuffles.SETTING, before)


@pytest.mark.parametrize(
    ("rows", "cores", "parts"),
    [(0, 4, 4), (100_000, 4, 4), (2_000_000, 4, 4), (2_000_001, 4, 5), (100_000_000, 36, 200)],
)
def test_parts_grow_with_the_rows_and_leave_no_core_idle(rows: int, cores: int, parts: int) -> None:
    assert shuffles.partitions(rows, cores) == parts


def test_a_shuffle_has_that_many_parts(session: SparkSession) -> None:
    shuffles.fit(session, 3 * shuffles.ROWS_A_PARTITION)
    session.conf.set("spark.sql.adaptive.enabled", "false")
    try:
        shuffled = session.range(10).repartition("id")
        assert shuffled.rdd.getNumPartitions() == 3
    finally:
        session.conf.unset("spark.sql.adaptive.enabled")
