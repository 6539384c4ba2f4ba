"""Changed rows to a silver table: stamped, staged, counted and published in one commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.naming import SilverColumn
from dataplatform.plans.model import SilverPlan, fill
from glue_jobs import tables


def publish_changes(
    spark: SparkSession,
    plan: SilverPlan,
    changes: DataFrame,
    *,
    sequence: int,
    within: str,
    properties: Mapping[str, str],
    expected_rows: Callable[[int], int],
) -> None:
    """Publish rows that differ from what stands, by their `_action`.

    The caller holds the table's lease, and has compared under it.

    Args:
        within: holds for what the rows change in the table (alias `t`); "" where they change
            nothing there: no row has their keys, so there is nothing to match.
        properties, expected_rows: as `tables.publish`.

    Raises:
        AuditFailed, Overtaken: as `tables.publish`.
    """
    view = stamped(plan, changes, sequence)
    tables.publish(
        spark,
        plan.silver_table,
        write=lambda branch: _write(spark, plan, view, branch, within),
        properties=properties,
        expected_rows=expected_rows,
    )


def stamped(plan: SilverPlan, rows: DataFrame, sequence: int) -> str:
    """A view of the rows as silver holds them, of this sequence."""
    view = f"weir_changes_{plan.dataset}"  # datasets share the session
    rows.withColumn(SilverColumn.SEQUENCE, F.lit(sequence).cast("bigint")).withColumn(
        SilverColumn.LOADED_AT, F.lit(datetime.now(UTC))
    ).createOrReplaceTempView(view)
    return view


def append(spark: SparkSession, plan: SilverPlan, view: str, branch: str) -> None:
    """Append what `stamped` gave."""
    columns = (*(column.name for column in plan.columns), *(c.value for c in SilverColumn))
    tables.append(spark, view, branch, columns)


def _write(spark: SparkSession, plan: SilverPlan, view: str, branch: str, within: str) -> None:
    if not within:
        append(spark, plan, view, branch)
        return
    # MERGE refuses a source that isn't deterministic, and looks for that down to its beginning,
    # where `silver.rank` has put a number on each record. A checkpoint is a new beginning.
    spark.table(view).localCheckpoint().createOrReplaceTempView(view)
    spark.sql(fill(plan.spark.merge, target=branch, changes=view, within=within))
