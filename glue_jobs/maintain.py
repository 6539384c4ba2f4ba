"""Joins the small files of tables that are too large for a function, one table after another.

What reads no rows (forgetting snapshots, finding orphans) a function has done before.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from dataplatform.errors import AuditFailed, LeaseHeld
from dataplatform.ledger.maintenance import TableMaintenance
from dataplatform.maintenance.bins import MIN_FILES
from dataplatform.maintenance.leases import lease_of
from dataplatform.naming import CATALOG
from glue_jobs import tables
from glue_jobs.runtime import Job

STEP: Final = "maintenance"

_LEASE_SECONDS: Final = 2 * 3600
"""As long as the job may run: Iceberg commits a table's rewrite at its end."""

log = logging.getLogger("weir.maintain")


def main() -> None:
    """Look after what this run of the maintenance has left to Spark."""
    job = Job.start()
    with job.metered(STEP):
        for maintenance in job.ledger.maintenance(job.run_id):
            if maintenance.state == "spark":
                job.ledger.note_maintenance(_alone(job, maintenance))


def _alone(job: Job, maintenance: TableMaintenance) -> TableMaintenance:
    """A table that fails leaves the others alone; the run's last step tells of it."""
    try:
        # A holder that this job can't ask about counts as alive: the next run comes soon enough.
        with job.ledger.lease(lease_of(job.plan, maintenance.table), job.owner, _LEASE_SECONDS):
            done = rewritten(job, maintenance)
    except LeaseHeld as held:
        done = replace(maintenance, state="skipped", detail=held.what)
    except Exception as error:
        log.exception("table %s failed", maintenance.table)
        done = replace(maintenance, state="failed", detail=f"{type(error).__name__}: {error}")
    log.info("%s", done)
    return done


def rewritten(job: Job, maintenance: TableMaintenance) -> TableMaintenance:
    """Join a table's small files, partition by partition, then its manifests.

    Raises:
        AuditFailed: the table holds another number of rows than before.
    """
    name = tables.qualified(maintenance.table)
    before = tables.count_rows(job.spark, name)
    joined = job.spark.sql(
        f"CALL {CATALOG}.system.rewrite_data_files(table => '{maintenance.table}', "
        f"options => map('min-input-files', '{MIN_FILES}', 'remove-dangling-deletes', 'true'))"
    ).first()
    job.spark.sql(f"CALL {CATALOG}.system.rewrite_manifests(table => '{maintenance.table}')")
    after = tables.count_rows(job.spark, name)
    if after != before:
        raise AuditFailed(
            f"{maintenance.table}: {before} rows before its files were joined, {after} after",
            why="Maintenance must change no row.",
            remedy="Go back to the snapshot before: CALL system.rollback_to_snapshot.",
        )
    assert joined is not None  # the procedure answers with one row
    files = job.spark.sql(
        f"SELECT count(*) AS files, coalesce(sum(file_size_in_bytes), 0) AS bytes FROM {name}.files"
    ).first()
    assert files is not None  # an aggregate has one row
    return replace(
        maintenance,
        state="done",
        engine="spark",
        detail="",
        rows=after,
        joined=int(joined["rewritten_data_files_count"]),
        files=int(files["files"]),
        bytes=int(files["bytes"]),
        manifests=tables.count_rows(job.spark, f"{name}.manifests"),
    )


if __name__ == "__main__":
    main()
