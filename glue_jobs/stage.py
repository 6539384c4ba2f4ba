"""Landing to bronze for what outgrows a function: one Spark run takes every such batch of a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.ledger.records import Batch, LandedObject, table_lease
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
from glue_jobs import data_files, side_by_side, tables
from glue_jobs.landed_objects import S3Objects
from glue_jobs.runtime import Job
from glue_jobs.snapshot_properties import commit_with
from glue_jobs.transforms import staging
from glue_jobs.transforms.files import Destination, Store
from glue_jobs.transforms.replays import take_again
from glue_jobs.transforms.units import Stager

log = logging.getLogger("weir.stage")


def main() -> None:
    """Stage what this run left to Spark, the largest batch first, several side by side."""
    job = Job.start()
    with job.metered(STAGE_STEP):
        store = S3Objects(job.region)
        batches = {b.batch_id: b for b in job.ledger.run_batches(job.run_id) if b.waits_for_spark}
        side_by_side.each(
            job,
            sorted(batches, key=lambda batch_id: -batches[batch_id].bytes),
            lambda own, batch_id: _stage_alone(own, batches[batch_id], store),
        )


def _stage_alone(job: Job, batch: Batch, store: Store) -> None:
    """Stage a batch; one that fails fails its dataset and leaves the others alone."""
    said = f"{batch.batch_id} · spark · {batch.spark_stages}"
    job.ledger.step(job.run_id, STAGE_STEP, dataset=batch.dataset, state="started", detail=said)
    try:
        staged = stage_batch(job, job.plan.dataset(batch.dataset), batch, store)
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


def stage_batch(job: Job, plan: SilverPlan, batch: Batch, store: Store) -> Staged:
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
    check_columns(plan, job.spark.table(tables.qualified(plan.bronze_table)).columns)
    landed, stager = job.ledger.batch_objects(batch.batch_id), _stager(job, plan, batch, store)
    bring = _again if batch.origin else _landed
    staged = bring(job, plan, landed, stager)
    return _recorded(job, plan, batch) or staged


def _stager(job: Job, plan: SilverPlan, batch: Batch, store: Store) -> Stager:
    partitions = {
        plan.bronze_table: _of_bronze(batch),
        plan.quarantine_table: _of_quarantine(batch),
    }

    def destination(table: str) -> Destination:
        return data_files.destination(job.spark, table, partitions[table])

    return Stager.of(plan, batch, store, destination, now=datetime.now(UTC))


def _landed(job: Job, plan: SilverPlan, landed: Sequence[LandedObject], stager: Stager) -> Staged:
    """Commit the files that workers write of landed objects."""
    spark, batch = job.spark, stager.batch
    parsed = staging.parse_batch(spark, landed, stager)
    if parsed.rejected:
        append = partial(
            data_files.commit,
            spark,
            plan.quarantine_table,
            _of_quarantine(batch),
            parsed.rejected,
            replacing=False,
        )
        _quarantine(job, plan, batch, append)
    properties = staged_properties(batch.batch_id, parsed.staged)
    if parsed.rows:
        table, own = plan.bronze_table, _of_bronze(batch)
        data_files.commit(spark, table, own, parsed.rows, properties, replacing=True)
    else:
        tables.commit_alone(spark, plan.bronze_table, properties)
    return parsed.staged


def _again(job: Job, plan: SilverPlan, landed: Sequence[LandedObject], stager: Stager) -> Staged:
    """Write what a replay takes from quarantine."""
    spark, batch = job.spark, stager.batch
    bronze, quarantine = (
        tables.qualified(table) for table in (plan.bronze_table, plan.quarantine_table)
    )
    found = take_again(
        spark,
        plan,
        job.ledger.replays(batch.origin),
        landed,
        stager,
        quarantine=spark.table(quarantine).where(
            (F.col("dataset") == plan.dataset) & (F.col("batch_id") == batch.origin)
        ),
        bronze=spark.table(bronze).where(F.col(BronzeColumn.BATCH_ID) == batch.origin),
    )
    try:
        if found.staged.unreadable:
            write = found.rejected.writeTo(quarantine).options(**tables.AS_THEY_COME)
            _quarantine(job, plan, batch, lambda said: commit_with(spark, said, write.append))
        properties = staged_properties(batch.batch_id, found.staged)
        if found.staged.rows:
            _replace(spark, found.rows, bronze, properties)
        else:
            tables.commit_alone(spark, plan.bronze_table, properties)
    finally:
        found.release()
    return found.staged


def _of_bronze(batch: Batch) -> dict[str, str]:
    """The partition that a batch has for itself."""
    return {BronzeColumn.BATCH_ID.value: batch.batch_id}


def _of_quarantine(batch: Batch) -> dict[str, str]:
    """The partition of its dataset."""
    return {"dataset": batch.dataset}


def _recorded(job: Job, plan: SilverPlan, batch: Batch) -> Staged | None:
    snapshots = tables.published_snapshots(job.spark, plan.bronze_table)
    return staged_in((snapshot.summary for snapshot in snapshots), batch.batch_id)


def _replace(
    spark: SparkSession, rows: DataFrame, table: str, properties: Mapping[str, str]
) -> None:
    write = rows.writeTo(table).options(**tables.AS_THEY_COME)
    commit_with(spark, properties, write.overwritePartitions)


def _quarantine(
    job: Job, plan: SilverPlan, batch: Batch, append: Callable[[Mapping[str, str]], None]
) -> None:
    """Append a batch's unreadable records, once.

    Args:
        append: in one commit, which has the properties that it is given.
    """
    table, mark = plan.quarantine_table, staging_mark(batch.batch_id)
    with job.lease(table_lease(table)):
        snapshots = tables.published_snapshots(job.spark, table)
        if any(carries(snapshot.summary, mark) for snapshot in snapshots):
            return
        append({BATCHES_PROPERTY: mark})


if __name__ == "__main__":
    main()
