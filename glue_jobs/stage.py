"""Landing to bronze for what outgrows a function: one Spark run takes every such batch of a run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.ledger.records import Batch, table_lease
from dataplatform.ledger.staging import (
    STAGE_STEP,
    Staged,
    carries,
    check_columns,
    staged_in,
    staged_properties,
    staging_mark,
)
from dataplatform.naming import BATCHES_PROPERTY, BronzeColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs import side_by_side, tables
from glue_jobs.landed_objects import S3Objects
from glue_jobs.runtime import Job
from glue_jobs.snapshot_properties import commit_with
from glue_jobs.transforms import staging
from glue_jobs.transforms.replays import Found, take_again
from glue_jobs.transforms.units import Objects

log = logging.getLogger("weir.stage")


def main() -> None:
    """Stage what this run left to Spark, the largest batch first, several side by side."""
    job = Job.start()
    with job.metered(STAGE_STEP):
        objects = S3Objects(job.region)
        batches = {b.batch_id: b for b in job.ledger.run_batches(job.run_id) if b.waits_for_spark}
        side_by_side.each(
            job,
            sorted(batches, key=lambda batch_id: -batches[batch_id].bytes),
            lambda own, batch_id: _stage_alone(own, batches[batch_id], objects),
        )


def _stage_alone(job: Job, batch: Batch, objects: Objects) -> None:
    """Stage a batch; one that fails fails its dataset and leaves the others alone."""
    said = f"{batch.batch_id} · spark · {batch.spark_stages}"
    job.ledger.step(job.run_id, STAGE_STEP, dataset=batch.dataset, state="started", detail=said)
    try:
        staged = stage_batch(job, job.plan.dataset(batch.dataset), batch, objects)
        job.ledger.batch_staged(
            batch.batch_id,
            source=staged.source,
            unreadable=staged.unreadable,
            rows=staged.rows,
            taken=staged.taken,
        )
    except Exception as error:  # the run's last step fails loudly with every dataset's error
        log.exception("batch %s failed", batch.batch_id)
        if batch.dataset in job.ledger.failures(job.run_id):
            return  # a batch beside this one failed, and with it the dataset
        job.ledger.fail_dataset(job.run_id, batch.dataset, f"{type(error).__name__}: {error}")
        job.ledger.step(
            job.run_id, STAGE_STEP, dataset=batch.dataset, state="failed", detail=str(error)[:500]
        )
    else:
        log.info("%s: %s", batch.batch_id, staged)
        counts = {"source": staged.source, **staged.to_dict()}
        job.ledger.step(job.run_id, STAGE_STEP, dataset=batch.dataset, detail=said, counts=counts)


def stage_batch(job: Job, plan: SilverPlan, batch: Batch, objects: Objects) -> Staged:
    """Stage a batch, once: an attempt that finds it in bronze gives what was counted then.

    Unreadable records are committed first; the commit to bronze ends the batch and carries the
    counts. It replaces the batch's partition, so that rows of an attempt that commits at the same
    time can't stand beside its own: they are the same, since an object's version never changes.

    Raises:
        TableMissing: the table lacks a column of the contract.
        AuditFailed: the commit hasn't as many rows as were counted.
    """
    before = _recorded(job, plan, batch)
    if before is not None:
        return before
    spark, bronze = job.spark, tables.qualified(plan.bronze_table)
    columns = spark.table(bronze).schema
    check_columns(plan, columns.names)
    found = _found(job, plan, batch, objects)
    try:
        if found.staged.unreadable:
            _quarantine(job, plan, batch, found.rejected)
        properties = staged_properties(batch.batch_id, found.staged)
        if found.staged.rows:
            _replace(spark, found.rows, bronze, properties)
        else:
            tables.commit_alone(spark, plan.bronze_table, properties)
    finally:
        found.release()
    return _recorded(job, plan, batch) or found.staged


def _found(job: Job, plan: SilverPlan, batch: Batch, objects: Objects) -> Found:
    """The batch's records: of landed objects, or of quarantine where it is a replay."""
    spark, now = job.spark, datetime.now(UTC)
    bronze, landed = tables.qualified(plan.bronze_table), job.ledger.batch_objects(batch.batch_id)
    if not batch.origin:
        parsed = staging.parse_batch(spark, plan, landed, objects)
        rows = staging.bronze_rows(parsed, plan, batch, spark.table(bronze).schema.fields)
        rejected = staging.quarantined(spark, parsed, batch, now=now)
        return Found(parsed.staged, rows, rejected, [parsed])
    quarantine = spark.table(tables.qualified(plan.quarantine_table))
    return take_again(
        spark,
        plan,
        batch,
        job.ledger.replays(batch.origin),
        landed,
        objects,
        quarantine=quarantine.where(
            (F.col("dataset") == plan.dataset) & (F.col("batch_id") == batch.origin)
        ),
        bronze=spark.table(bronze).where(F.col(BronzeColumn.BATCH_ID) == batch.origin),
        now=now,
    )


def _recorded(job: Job, plan: SilverPlan, batch: Batch) -> Staged | None:
    snapshots = tables.published_snapshots(job.spark, plan.bronze_table)
    return staged_in((snapshot.summary for snapshot in snapshots), batch.batch_id)


def _replace(
    spark: SparkSession, rows: DataFrame, table: str, properties: Mapping[str, str]
) -> None:
    write = rows.writeTo(table).options(**tables.AS_THEY_COME)
    commit_with(spark, properties, write.overwritePartitions)


def _quarantine(job: Job, plan: SilverPlan, batch: Batch, records: DataFrame) -> None:
    """Append a batch's unreadable records, once."""
    table, mark = plan.quarantine_table, staging_mark(batch.batch_id)
    with job.lease(table_lease(table)):
        snapshots = tables.published_snapshots(job.spark, table)
        if any(carries(snapshot.summary, mark) for snapshot in snapshots):
            return
        write = records.writeTo(tables.qualified(table)).options(**tables.AS_THEY_COME)
        commit_with(job.spark, {BATCHES_PROPERTY: mark}, write.append)


if __name__ == "__main__":
    main()
