"""A dataset's staged batches become its silver table, in one commit, under the table's lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dataplatform.ledger.commits import Summary
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch, Outcomes, TableSize, table_lease
from dataplatform.plans.model import SilverPlan
from glue_jobs import appending, comparing, tables
from glue_jobs.load import Load
from glue_jobs.runtime import Job
from glue_jobs.transforms import silver
from glue_jobs.transforms.overlap import rows_among

_SMALL: Final = 8
"""To read a row that stands and to join it takes as long as casting the keys of so many records."""


def publish_dataset(job: Job, plan: SilverPlan, staged: Sequence[Batch]) -> Outcomes:
    """Give each record of the batches its outcome and publish the dataset's table.

    Returns:
        The outcomes of all batches together.

    Raises:
        BatchHeld: the batches break a gate or a bound; nothing was published.
    """
    with job.lease(table_lease(plan.silver_table)) as lease:
        snapshots = tables.published_snapshots(job.spark, plan.silver_table)
        summaries = [snapshot.summary for snapshot in snapshots]
        done = Merged.recovered(summaries, staged)
        if todo := done.left(staged):
            done = done.followed_by(_merge(job, plan, todo, done.sequence, snapshots))
            snapshots = tables.published_snapshots(job.spark, plan.silver_table)
        live = tables.live_rows(job.spark, plan.silver_table)
        size = TableSize.of_snapshot(snapshots[0].summary) if snapshots else TableSize()
        return done.publish(job.ledger, staged, live=live, size=size, lease=lease)


def _merge(
    job: Job,
    plan: SilverPlan,
    staged: Sequence[Batch],
    sequence: int,
    published: Sequence[tables.Snapshot],
) -> Merged:
    """Append what is large and only inserts; compare anything else with what stands.

    Args:
        sequence: what the table stands at.
        published: its snapshots, newest first.
    """
    empty = not published
    base = None if empty else published[0].snapshot_id
    load = Load.of(job, plan, staged, sequence=sequence, base=base)
    held = "" if empty else tables.qualified(plan.silver_table)
    appends = appending.may_append(plan, staged, load.sent)
    among = _among(load) if appends and held else 0
    if empty or (appends and not among) or not _is_small(published[0].summary, load.sent, among):
        held = silver.standing(plan, load.ranked.cast, held)
        if appends and appending.only_inserts(job.spark, load.ranked, held):
            return appending.append_batches(load)
    return comparing.compare_batches(load, held)


def _among(load: Load) -> int:
    plan = load.plan
    return rows_among(
        load.job.spark,
        plan,
        list(load.rows),
        bronze=tables.qualified(plan.bronze_table),
        silver=tables.qualified(plan.silver_table),
    )


def _is_small(table: Summary, rows: int, among: int) -> bool:
    """Whether a table holds so little that looking for keys in the batches' rows costs more.

    Args:
        among: of its rows those that are read, wherever else the keys are.
    """
    held = table.get("total-records")
    return held is not None and (int(held) - among) * _SMALL <= rows
