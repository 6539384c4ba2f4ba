"""Records that silver rejects are kept in the table of quarantine, which all datasets share."""

from __future__ import annotations

import logging

from pyspark.sql import functions as F

from dataplatform.ledger.commits import not_quarantined, quarantine_marks
from dataplatform.ledger.records import table_lease
from dataplatform.naming import BATCHES_PROPERTY
from dataplatform.plans.model import SilverPlan
from glue_jobs import tables
from glue_jobs.runtime import Job
from glue_jobs.snapshot_properties import commit_with
from glue_jobs.transforms import silver

log = logging.getLogger("weir.silver")


def quarantine(job: Job, plan: SilverPlan, judged: silver.Judged, batches: list[str]) -> None:
    """Append the rejected records once: an attempt that was killed after this isn't repeated."""
    table = plan.quarantine_table
    with job.lease(table_lease(table)):
        snapshots = tables.published_snapshots(job.spark, table)
        missing = not_quarantined((snapshot.summary for snapshot in snapshots), batches)
        if not missing:
            return
        log.info("quarantining records of %s", missing)
        records = silver.quarantine_records(judged, plan, job.run_id)
        view = f"weir_quarantine_{plan.dataset}"
        records.where(F.col("batch_id").isin(missing)).createOrReplaceTempView(view)
        properties = {BATCHES_PROPERTY: quarantine_marks(missing)}
        target = tables.qualified(table)
        commit_with(
            job.spark,
            properties,
            lambda: tables.append(job.spark, view, target, tables.QUARANTINE_COLUMNS),
        )
