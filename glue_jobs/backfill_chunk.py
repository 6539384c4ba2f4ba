"""A chunk of a backfill by Spark: silver's rows of its keys become what bronze says today.

Bronze is read, cast and ranked beside whoever writes silver; only comparing and committing take the
table's lease. Batches that were published in between are read then, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.adapters.holders import beside_runs
from dataplatform.backfilling import commit_properties, committed, compared, withheld
from dataplatform.ledger.commits import Summary
from dataplatform.ledger.records import (
    Backfill,
    BackfillCounts,
    Chunk,
    TableSize,
    chunk_mark,
    table_lease,
)
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs import tables
from glue_jobs.changes import publish_changes
from glue_jobs.requarantine import Requarantine
from glue_jobs.runtime import Job, client
from glue_jobs.transforms import backfill as steps
from glue_jobs.transforms.late_columns import filled, late

_BATCH = BronzeColumn.BATCH_ID.value


def publish_chunk(job: Job, plan: SilverPlan, backfill: Backfill, chunk: Chunk) -> BackfillCounts:
    """Set silver's rows of a chunk's keys, and quarantine, to what bronze gives by today's plan.

    Doing it twice changes nothing the second time; a commit that the ledger wasn't told of is found
    by its snapshot.

    Raises:
        LeaseHeld: a merge keeps the table.
        Overtaken: somebody wrote silver or quarantine without its lease; silver is as it was.
        AuditFailed: what was staged isn't what was counted; silver is as it was.
        BooksUnbalanced: a key was compared twice or not at all; silver is as it was.
    """
    # Calls for chunks of this backfill have ended: the state machine starts the job after them.
    alive = beside_runs(
        job.ledger,
        lambda call: call.backfill_id == backfill.backfill_id,
        lambda: client("glue"),
    )
    job = replace(job, alive=alive)
    work = _Chunk(job, plan, backfill, chunk)
    try:
        _, summaries = work.published()
        if committed(summaries, work.mark) is None:
            work.derive(summaries)
        with job.lease(table_lease(plan.silver_table)) as lease:
            base, summaries = work.published()
            done = committed(summaries, work.mark)
            if done is None:
                work.derive(summaries)
                done = work.publish(base)
                _, summaries = work.published()
            counts, sequence = done
            job.ledger.chunk_done(
                backfill,
                chunk.number,
                counts,
                sequence=sequence,
                live=tables.count_rows(job.spark, tables.qualified(plan.silver_table)),
                size=TableSize.of_snapshot(summaries[0]) if summaries else TableSize(),
                lease=lease,
            )
    finally:
        work.release()
    return counts


class _Chunk:
    """One chunk, in the job's session."""

    def __init__(self, job: Job, plan: SilverPlan, backfill: Backfill, chunk: Chunk) -> None:
        self._job = job
        self._plan = plan
        self._backfill = backfill
        self._chunk = chunk
        self.mark = chunk_mark(backfill.backfill_id, chunk.number)
        self._batches: frozenset[str] = frozenset()
        self._late: list[str] = []
        self._derived: steps.Derived | None = None

    def published(self) -> tuple[int | None, list[Summary]]:
        """Silver's snapshot, None where nothing was ever published; all summaries, newest first."""
        snapshots = tables.published_snapshots(self._job.spark, self._plan.silver_table)
        base = snapshots[0].snapshot_id if snapshots else None
        return base, [snapshot.summary for snapshot in snapshots]

    def derive(self, summaries: Iterable[Summary]) -> None:
        """Rank what bronze holds of the keys; nothing is done again where bronze is as it was."""
        job, plan = self._job, self._plan
        there = tables.batches(job.spark, plan.bronze_table)
        batches = there - set(withheld(job.ledger, plan.dataset, self.mark, summaries))
        if self._derived is not None and batches == self._batches:
            return
        self.release()
        self._batches = batches
        self._late = late(self._whole(), plan)
        self._derived = steps.derive(job.spark, plan, self._bronze(), self._backfill, self._chunk)

    def publish(self, base: int | None) -> tuple[BackfillCounts, int]:
        """Compare, quarantine, and publish what differs in one commit.

        Args:
            base: silver's snapshot, with which bronze is compared; None where there is none.

        Returns:
            The counts, and the sequence of the changed rows; 0 where none differs.
        """
        job, plan, derived = self._job, self._plan, self._derived
        assert derived is not None, "derived first"
        silver = "" if base is None else tables.qualified(plan.silver_table)
        actions = steps.compare(job.spark, plan, derived, silver)
        try:
            counts = compared(
                self.mark,
                records=derived.records,
                rejected=derived.rejected,
                keys=derived.keys,
                actions=steps.counted(actions),
            )
            # Before silver: a row that is taken out there is in quarantine by then.
            counts += Requarantine(
                job=job,
                plan=plan,
                run=self._backfill.backfill_id,
                mark=self.mark,
                typed=derived.typed,
                bronze=self._bronze(),
                whole=self._whole(),
            ).follow()
            if not counts.changed:
                return counts, 0
            sequence = job.ledger.next_sequence(plan.dataset)
            publish_changes(
                job.spark,
                plan,
                actions,
                inserted=counts.inserted,
                updated=counts.updated,
                deleted=counts.deleted,
                sequence=sequence,
                properties=commit_properties(self.mark, counts, sequence),
                base=base,
            )
            return counts, sequence
        finally:
            actions.unpersist()

    def release(self) -> None:
        """Free the executors' disks."""
        if self._derived is not None:
            self._derived.release()
            self._derived = None

    def _whole(self) -> DataFrame:
        """Rows of the published batches: what is staged meanwhile isn't among them."""
        table = self._job.spark.table(tables.qualified(self._plan.bronze_table))
        return table.where(F.col(_BATCH).isin(sorted(self._batches)))

    def _bronze(self) -> DataFrame:
        """The same as the contract has them now."""
        return filled(self._whole(), self._plan, self._late)
