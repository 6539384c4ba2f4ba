"""A dataset's staged batches become its silver table, in one commit, under the table's lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dataplatform.auditing import Answers, pass_audit
from dataplatform.ledger.commits import Summary, commit_properties
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch, Outcomes, TableSize, table_lease
from dataplatform.ledger.run_input import RunInput
from dataplatform.plans.model import SilverPlan
from dataplatform.quality.profile import Profile
from glue_jobs import appending, tables
from glue_jobs.changes import publish_changes
from glue_jobs.quarantine import quarantine
from glue_jobs.runtime import Job
from glue_jobs.transforms import counting, silver
from glue_jobs.transforms.replays import keep_newer

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
            done = done.followed_by(_merge(job, plan, todo, done.sequence, summaries))
            snapshots = tables.published_snapshots(job.spark, plan.silver_table)
        live = tables.live_rows(job.spark, plan.silver_table)
        size = TableSize.of_snapshot(snapshots[0].summary) if snapshots else TableSize()
        return done.publish(job.ledger, staged, live=live, size=size, lease=lease)


def _merge(
    job: Job,
    plan: SilverPlan,
    staged: Sequence[Batch],
    sequence: int,
    published: Sequence[Summary],
) -> Merged:
    """Classify and audit, then quarantine, stage, count and publish in one commit.

    Args:
        sequence: what the table stands at.
        published: summaries of its snapshots, newest first.
    """
    spark, rows = job.spark, {batch.batch_id: batch.rows for batch in staged}
    batches, sent, empty = list(rows), sum(rows.values()), not published
    ranked = silver.rank(
        spark,
        plan,
        batches,
        bronze=tables.qualified(plan.bronze_table),
        adopted=any(batch.adopted for batch in staged),
    )
    accept = plan.dataset in RunInput.from_json(job.ledger.run(job.run_id).input).accept

    def audited(answers: Answers, changes: bool) -> Profile | None:
        return pass_audit(
            job.ledger, plan, job.run_id, staged, answers, changes=changes, accept=accept
        )

    held = "" if empty else tables.qualified(plan.silver_table)
    appends = appending.may_append(plan, staged, sent)
    if empty or appends or not _is_small(published[0], sent):
        held = silver.standing(plan, ranked.cast, held)
    if appends and appending.only_inserts(spark, ranked, held):
        return appending.append_batches(job, plan, ranked, rows, sequence, audited)
    classified = silver.compare(spark, plan, ranked, held)
    try:
        replays = any(batch.origin for batch in staged)
        if replays and not empty and plan.primary_key and not plan.ordering:
            table = spark.table(tables.qualified(plan.silver_table))
            classified = keep_newer(classified, plan, table, job.ledger.not_newer)
        counted = counting.outcomes(classified, rows)
        total = sum(counted.values(), Outcomes())
        answers = Answers.of(
            counting.figures(classified, plan, sent), counting.warned(classified, plan)
        )
        profile = audited(answers, total.changed > 0)
        if total.quarantined:
            quarantine(job, plan, classified, batches)
        if total.changed:
            sequence = job.ledger.next_sequence(plan.dataset)
            publish_changes(
                spark,
                plan,
                silver.changes(classified),
                sequence=sequence,
                within="" if _only_inserts(total) else silver.touched(classified, plan),
                properties=commit_properties(counted, sequence, answers.warned),
                expected_rows=lambda before: before + total.inserted - total.deleted,
            )
        return Merged(counted=counted, sequence=sequence, warned=answers.warned, profile=profile)
    finally:
        classified.release()


def _is_small(table: Summary, rows: int) -> bool:
    """Whether a table holds so little that looking for keys in the batches' rows costs more."""
    held = table.get("total-records")
    return held is not None and int(held) * _SMALL <= rows


def _only_inserts(total: Outcomes) -> bool:
    return not (total.updated or total.deleted)
