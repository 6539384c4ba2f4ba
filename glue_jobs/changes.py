"""Changed rows to a silver table: stamped, staged, counted and published at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.errors import AuditFailed
from dataplatform.naming import AUDIT_BRANCH, SilverColumn
from dataplatform.plans.model import SilverPlan, fill
from glue_jobs import tables
from glue_jobs.transforms import silver


def publish_changes(
    spark: SparkSession,
    plan: SilverPlan,
    actions: DataFrame,
    *,
    inserted: int,
    updated: int,
    deleted: int,
    sequence: int,
    properties: Mapping[str, str],
    base: int | None,
) -> None:
    """Publish rows that differ from what stands, by their `_action`.

    The caller holds the table's lease, and has compared under it.

    Args:
        actions: as `silver.Classified` has them; persisted.
        inserted, updated, deleted: how many there are of each.
        properties, base: as `tables.publish`.

    Raises:
        AuditFailed, Overtaken: as `tables.publish`.
    """
    view = stamped(plan, actions, sequence)

    def write(branch: str) -> None:
        if updated or deleted:
            _match(spark, plan, view, branch)
        if updated:
            _see_updated(spark, plan, branch, sequence, updated)
        if inserted:
            rows = spark.table(view).where(F.col(silver.ACTION) == silver.INSERT)
            rows.createOrReplaceTempView(view)
            append(spark, plan, view, branch)

    tables.publish(
        spark,
        plan.silver_table,
        write=write,
        properties=properties,
        expected_rows=lambda before: before + inserted - deleted,
        base=base,
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


def _match(spark: SparkSession, plan: SilverPlan, view: str, branch: str) -> None:
    """Update and delete rows that stand; new rows would have the table joined from both sides."""
    matched = f"{view}_matched"
    rows = silver.matched(spark.table(view))
    # MERGE refuses a source that isn't deterministic, and looks for that down to its beginning,
    # where `silver.rank` has put a number on each record. A checkpoint is a new beginning.
    rows.localCheckpoint().createOrReplaceTempView(matched)
    within = silver.within(rows, plan)
    spark.sql(fill(plan.spark.merge, target=branch, changes=matched, within=within))


def _see_updated(
    spark: SparkSession, plan: SilverPlan, branch: str, sequence: int, updated: int
) -> None:
    """See that each row to be updated was found: a row that isn't changes no number of rows.

    Raises:
        AuditFailed: others were.
    """
    staged = spark.table(branch).where(F.col(SilverColumn.SEQUENCE) == sequence).count()
    if staged != updated:
        raise AuditFailed(
            f"{plan.silver_table}: {staged} rows were updated, counted were {updated}",
            why="Nothing was published: readers still see the table as it was.",
            remedy=f"Look at the branch '{AUDIT_BRANCH}' of the table; the next run stages anew.",
        )
