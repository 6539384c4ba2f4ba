"""Batches compared with what stands, counted, and published by an append, a MERGE, or both."""

from __future__ import annotations

from dataplatform.auditing import Answers
from dataplatform.ledger.commits import commit_properties
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Outcomes
from glue_jobs import tables
from glue_jobs.changes import publish_changes
from glue_jobs.load import Load
from glue_jobs.transforms import counting, silver
from glue_jobs.transforms.replays import keep_newer


def compare_batches(load: Load, held: str) -> Merged:
    """Classify and audit, then quarantine, stage, count and publish in one step.

    Args:
        held: SQL of the table, or of what of it can have the batches' keys.
    """
    classified = silver.compare(load.job.spark, load.plan, load.ranked, held)
    try:
        if load.replays and load.plan.primary_key and load.base is not None:
            classified = _without_older(load, classified)
        counted = counting.outcomes(classified, load.rows)
        total = sum(counted.values(), Outcomes())
        figures = counting.figures(classified, load.plan, load.sent)
        answers = Answers.of(figures, counting.warned(classified, load.plan))
        profile = load.audited(answers, changes=total.changed > 0)
        if total.quarantined:
            load.quarantine()
        sequence = load.sequence
        if total.changed:
            sequence = load.job.ledger.next_sequence(load.plan.dataset)
            publish_changes(
                load.job.spark,
                load.plan,
                classified.actions,
                inserted=total.inserted,
                updated=total.updated,
                deleted=total.deleted,
                sequence=sequence,
                properties=commit_properties(counted, sequence, answers.warned),
                base=load.base,
            )
        return Merged(counted=counted, sequence=sequence, warned=answers.warned, profile=profile)
    finally:
        classified.release()


def _without_older(load: Load, classified: silver.Classified) -> silver.Classified:
    """Replays came when they came first; where no ordering decides, what came later stands."""
    plan = load.plan
    within = silver.within(classified.actions, plan)
    table = tables.qualified(plan.silver_table)
    changed = load.job.spark.sql(f"SELECT * FROM {table} AS t WHERE {within}")
    return keep_newer(classified, plan, changed, load.job.ledger.not_newer)
