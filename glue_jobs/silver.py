"""Bronze to silver: one Spark run takes every staged batch of a run, whatever its dataset."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from pyspark.sql import functions as F

from dataplatform.auditing import Answers, pass_audit
from dataplatform.errors import BatchHeld
from dataplatform.ledger.commits import (
    commit_properties,
    last_sequence,
    not_quarantined,
    quarantine_marks,
    recovered,
    recovered_warned,
)
from dataplatform.ledger.records import Batch, Outcomes, TableSize, table_lease
from dataplatform.ledger.run_input import RunInput
from dataplatform.naming import BATCHES_PROPERTY, SilverColumn
from dataplatform.overtaken import until_not_overtaken
from dataplatform.plans.model import SilverPlan, fill
from dataplatform.quality.profile import Profile
from glue_jobs import shuffles, side_by_side, tables
from glue_jobs.runtime import Job
from glue_jobs.snapshot_properties import commit_with
from glue_jobs.transforms import silver
from glue_jobs.transforms.replays import keep_newer

STEP = "silver"
_QUARANTINE_COLUMNS = (
    "dataset",
    "batch_id",
    "run_id",
    "object",
    "version",
    "position",
    "record",
    "reasons",
    "quarantined_at",
)

log = logging.getLogger("weir.silver")


def main() -> None:
    """Publish what this run left to Spark, the largest dataset first, several side by side."""
    job = Job.start()
    with job.metered(STEP):
        batches = _left_to_spark(job)
        shuffles.fit(job.spark, max(map(partial(_rows, job), batches.values()), default=0))
        side_by_side.each(
            job,
            sorted(batches, key=lambda dataset: -sum(batch.bytes for batch in batches[dataset])),
            lambda own, dataset: _publish_alone(own, dataset, batches[dataset]),
        )


def _rows(job: Job, batches: Sequence[Batch]) -> int:
    """Rows that meet in a dataset's merge at most: its batches', and those of the table."""
    live: int = job.ledger.totals(batches[0].dataset).live
    return live + sum(batch.rows for batch in batches)


def _left_to_spark(job: Job) -> dict[str, list[Batch]]:
    """Staged batches of the datasets for which the run has chosen Spark."""
    engines = job.ledger.engines(job.run_id)
    batches: dict[str, list[Batch]] = {}
    for batch in job.ledger.run_batches(job.run_id):
        choice = engines.get(batch.dataset)
        if batch.state == "staged" and choice is not None and choice.engine == "spark":
            batches.setdefault(batch.dataset, []).append(batch)
    return batches


def _publish_alone(job: Job, dataset: str, staged: Sequence[Batch]) -> None:
    """Publish a dataset; one that fails leaves the others alone."""
    job.ledger.step(job.run_id, STEP, dataset=dataset, state="started")
    try:
        plan = job.plan.dataset(dataset)
        outcomes = until_not_overtaken(lambda: publish_dataset(job, plan, staged))
    except BatchHeld as error:  # the ledger knows: the batches stay staged
        log.warning("%s", error)
        job.ledger.step(job.run_id, STEP, dataset=dataset, state="failed", detail=error.what[:500])
    except Exception as error:  # the run's last step fails loudly with every dataset's error
        log.exception("dataset %s failed", dataset)
        job.ledger.fail_dataset(job.run_id, dataset, f"{type(error).__name__}: {error}")
        job.ledger.step(job.run_id, STEP, dataset=dataset, state="failed", detail=str(error)[:500])
    else:
        log.info("%s: %s", dataset, outcomes)
        note, counts = job.ledger.audit(job.run_id, dataset), outcomes.to_dict()
        if note is not None and note.warned:
            counts["warned"] = note.warned
        detail = note.summary[:500] if note else ""
        job.ledger.step(
            job.run_id, STEP, dataset=dataset, state="done", counts=counts, detail=detail
        )


def publish_dataset(job: Job, plan: SilverPlan, staged: Sequence[Batch]) -> Outcomes:
    """Give each record of the batches its outcome and publish the dataset's table.

    Returns:
        The outcomes of all batches together.

    Raises:
        BatchHeld: the batches break a gate or a bound; nothing was published.
    """
    with job.lease(table_lease(plan.silver_table)) as lease:
        # While the lease is held, what this function commits is all that is added.
        snapshots = tables.published_snapshots(job.spark, plan.silver_table)
        summaries = [snapshot.summary for snapshot in snapshots]
        done, sequence = recovered(summaries, staged), last_sequence(summaries)
        for found in done:
            log.info("batch %s is in a snapshot already", found)
        warned: Mapping[str, int] = recovered_warned(summaries, staged)
        profile: Profile | None = None
        todo = [batch for batch in staged if batch.batch_id not in done]
        if todo:
            merged = _merge(job, plan, todo, sequence, empty=not snapshots)
            done |= merged.counted
            sequence, profile = merged.sequence, merged.profile
            warned = {**warned, **merged.warned}
            snapshots = tables.published_snapshots(job.spark, plan.silver_table)
        live = tables.count_rows(job.spark, tables.qualified(plan.silver_table))
        size = TableSize.of_snapshot(snapshots[0].summary) if snapshots else TableSize()
        total = Outcomes()
        for batch in staged:
            job.ledger.publish_batch(
                batch.batch_id,
                done[batch.batch_id],
                sequence=sequence,
                live=live,
                lease=lease,
                size=size,
                warned=warned.get(batch.batch_id, 0),
                profile=profile,
            )
            total = total + done[batch.batch_id]
        return total


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What one merge did.

    counted: each batch's outcomes. sequence: what the table stands at now.
    warned: batch -> records that passed with a warning.
    profile: figures for later batches to be held beside; None where they say nothing.
    """

    counted: dict[str, Outcomes]
    sequence: int
    warned: Mapping[str, int] = field(default_factory=dict)
    profile: Profile | None = None


def _merge(
    job: Job, plan: SilverPlan, staged: Sequence[Batch], sequence: int, *, empty: bool
) -> Merged:
    """Classify and audit, then quarantine, stage, count and publish in one commit.

    Args:
        sequence: what the table stands at.
        empty: nothing was ever published to it.
    """
    spark, rows = job.spark, {batch.batch_id: batch.rows for batch in staged}
    batches = list(rows)
    classified = silver.classify(
        spark,
        plan,
        batches,
        bronze=tables.qualified(plan.bronze_table),
        silver="" if empty else tables.qualified(plan.silver_table),
    )
    try:
        replays = any(batch.origin for batch in staged)
        if replays and not empty and plan.primary_key and not plan.ordering:
            table = spark.table(tables.qualified(plan.silver_table))
            classified = keep_newer(classified, plan, table, job.ledger.not_newer)
        counted = silver.outcomes(classified, rows)
        total = sum(counted.values(), Outcomes())
        answers = Answers.of(
            silver.figures(classified, plan, sum(rows.values())), silver.warned(classified, plan)
        )
        profile = pass_audit(
            job.ledger,
            plan,
            job.run_id,
            staged,
            answers,
            changes=total.changed > 0,
            accept=plan.dataset in RunInput.from_json(job.ledger.run(job.run_id).input).accept,
        )
        if total.quarantined:
            _quarantine(job, plan, classified, batches)
        if total.changed:
            sequence = job.ledger.next_sequence(plan.dataset)
            stamped = (
                silver.changes(classified)
                .withColumn(SilverColumn.SEQUENCE, F.lit(sequence).cast("bigint"))
                .withColumn(SilverColumn.LOADED_AT, F.lit(datetime.now(UTC)))
            )
            stamped.createOrReplaceTempView(_changes_view(plan))
            within = "" if _only_inserts(total) else silver.touched(classified, plan)
            tables.publish(
                spark,
                plan.silver_table,
                write=lambda branch: _write(job, plan, branch, within),
                properties=commit_properties(counted, sequence, answers.warned),
                expected_rows=lambda before: before + total.inserted - total.deleted,
            )
        return Merged(counted=counted, sequence=sequence, warned=answers.warned, profile=profile)
    finally:
        classified.release()


def _write(job: Job, plan: SilverPlan, branch: str, within: str) -> None:
    """Write the changes; `within` holds for what they change in the table, "" if nothing."""
    if not within:
        # Classified under the lease: no row of silver has these keys, so there is nothing to match.
        columns = (
            *(column.name for column in plan.columns),
            *(column.value for column in SilverColumn),
        )
        tables.append(job.spark, _changes_view(plan), branch, columns)
    else:
        # MERGE refuses a source that isn't deterministic, and looks for that down to its beginning,
        # where `silver.classify` has put a number on each record. A checkpoint is a new beginning.
        view = _changes_view(plan)
        job.spark.table(view).localCheckpoint().createOrReplaceTempView(view)
        job.spark.sql(fill(plan.spark.merge, target=branch, changes=view, within=within))


def _changes_view(plan: SilverPlan) -> str:
    """Datasets share the session, so each names its views after itself."""
    return f"weir_changes_{plan.dataset}"


def _only_inserts(total: Outcomes) -> bool:
    return not (total.updated or total.deleted)


def _quarantine(
    job: Job, plan: SilverPlan, classified: silver.Classified, batches: list[str]
) -> None:
    """Append the rejected records once: an attempt that was killed after this isn't repeated."""
    table = plan.quarantine_table
    with job.lease(table_lease(table)):
        snapshots = tables.published_snapshots(job.spark, table)
        missing = not_quarantined((snapshot.summary for snapshot in snapshots), batches)
        if not missing:
            return
        log.info("quarantining records of %s", missing)
        records = silver.quarantine_records(classified, plan, job.run_id)
        view = f"weir_quarantine_{plan.dataset}"
        records.where(F.col("batch_id").isin(missing)).createOrReplaceTempView(view)
        properties = {BATCHES_PROPERTY: quarantine_marks(missing)}
        target = tables.qualified(table)
        commit_with(
            job.spark,
            properties,
            lambda: tables.append(job.spark, view, target, _QUARANTINE_COLUMNS),
        )


if __name__ == "__main__":
    main()
