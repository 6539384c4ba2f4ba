"""How many parts Spark shuffles into: by what there is to shuffle.

Spark's default is 200 whatever there is, and adaptive execution joins small parts only after they
were written: a batch of 100,000 rows cost 2.75 times the CPU so (docs/performance.md).
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import SparkSession

ROWS_A_PARTITION: Final = 500_000
"""About 100 MB of rows in memory: far below what a task of a G.1X worker has, so none spills."""

SETTING: Final = "spark.sql.shuffle.partitions"


def partitions(rows: int, cores: int) -> int:
    """Parts for a shuffle of so many rows; no core is left without one."""
    return max(cores, -(-rows // ROWS_A_PARTITION))


def fit(spark: SparkSession, rows: int) -> None:
    """Set the session's shuffles for its largest table."""
    cores = spark.sparkContext.defaultParallelism
    spark.conf.set(SETTING, str(partitions(rows, cores)))
