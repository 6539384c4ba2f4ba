"""Silver to gold: every model whose inputs moved, in the order in which they need each other."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict

from pyspark.sql import DataFrame

from dataplatform.ledger.records import table_lease
from dataplatform.naming import (
    CHANGES_PROPERTY,
    CONSUMED_PROPERTY,
    DELETED_PROPERTY,
    DIGEST_PROPERTY,
    OUTCOMES_PROPERTY,
    SEQUENCE_PROPERTY,
)
from dataplatform.plans.model import GoldModel, fill
from glue_jobs import side_by_side, tables
from glue_jobs.exports import Export, export
from glue_jobs.runtime import Job
from glue_jobs.transforms import gold
from glue_jobs.transforms.gold import Counts

STEP = "gold"

log = logging.getLogger("weir.gold")

Consumed = Mapping[str, int]
"""What a model's rows were made from: dataset -> last sequence, `gold.<model>` -> snapshot id."""


def main() -> None:
    """Build what is due, side by side where models don't need each other.

    The first model that fails stops the run: others are made from it.
    """
    job = Job.start()
    side_by_side.in_order(job, {model.name: model.models for model in job.plan.models}, _build_due)


def _build_due(job: Job, name: str) -> None:
    """Build a model unless it is what its inputs say already."""
    model = job.plan.model(name)
    available = _available(job, model)
    with job.lease(table_lease(model.table)):
        known, digest = _state(job, model)
        if known == available and digest == model.digest:
            return
        job.ledger.step(job.run_id, STEP, dataset=name, state="started")
        try:
            counts = build(job, model, known if digest == model.digest else {}, available)
        except Exception as error:
            job.ledger.step(job.run_id, STEP, dataset=name, state="failed", detail=str(error)[:500])
            raise
    job.ledger.step(job.run_id, STEP, dataset=name, state="done", counts=asdict(counts))


def build(job: Job, model: GoldModel, known: Consumed, available: Consumed) -> Counts:
    """Bring one model's table to what its inputs say, in one commit.

    The export for the warehouse is written first and named in that commit: a job killed between the
    two exports again, one killed after the commit finds the export's name in the table.
    """
    spark = job.spark
    whole = not _incremental(job, model, known, available)
    sql = model.full_sql if whole else _changed_only(job, model, known)
    fresh = spark.sql(sql)
    current = spark.table(tables.qualified(model.table))
    changes = gold.compare(model, fresh, current, whole=whole).persist()
    try:
        counts = gold.count(changes)
        exported = Export("", 0)
        if counts.total:
            gold.require_unique(model, changes)
            exported = export(job, model, changes, counts.total)
            _commit(job, model, changes, counts, exported, available)
    finally:
        changes.unpersist()
    _tell_ledger(job, model, counts, exported, available)
    log.info("%s: %s (%s)", model.name, counts, "whole" if whole else "incremental")
    return counts


def _commit(
    job: Job,
    model: GoldModel,
    changes: DataFrame,
    counts: Counts,
    exported: Export,
    available: Consumed,
) -> None:
    view = f"weir_gold_changes_{model.name}"
    changes.createOrReplaceTempView(view)
    names = tuple(column.name for column in model.columns)

    def write(branch: str) -> None:
        if counts.updated or counts.deleted:
            job.spark.sql(gold.merge_sql(model, branch, view))
        else:
            tables.append(job.spark, view, branch, names)

    tables.publish(
        job.spark,
        model.table,
        write=write,
        properties={
            CONSUMED_PROPERTY: json.dumps(dict(available), sort_keys=True),
            CHANGES_PROPERTY: exported.to_json(),
            OUTCOMES_PROPERTY: json.dumps(asdict(counts)),
            DIGEST_PROPERTY: model.digest,
        },
        expected_rows=lambda before: before + counts.inserted - counts.deleted,
    )


def _tell_ledger(
    job: Job, model: GoldModel, counts: Counts, exported: Export, consumed: Consumed
) -> None:
    snapshots = tables.published_snapshots(job.spark, model.table)
    job.ledger.model_built(
        model.name,
        run_id=job.run_id,
        sequences=dict(consumed),
        snapshot=snapshots[0].snapshot_id if snapshots else 0,
        inserted=counts.inserted,
        updated=counts.updated,
        deleted=counts.deleted,
        rows=tables.count_rows(job.spark, tables.qualified(model.table)),
        export_uri=exported.uri,
        digest=model.digest,
    )


def _available(job: Job, model: GoldModel) -> dict[str, int]:
    """What the model's inputs stand at now."""
    inputs = {dataset: job.ledger.published_sequence(dataset) for dataset in model.datasets}
    for name in model.models:
        snapshots = tables.published_snapshots(job.spark, job.plan.model(name).table)
        inputs[f"gold.{name}"] = snapshots[0].snapshot_id if snapshots else 0
    return inputs


def _state(job: Job, model: GoldModel) -> tuple[Consumed, str]:
    """What the model was last made from, and by which digest.

    The ledger knows it, unless a job was killed between its commit and telling the ledger: then the
    table's own snapshot says it, and the ledger is told now, export included.
    """
    snapshots = tables.published_snapshots(job.spark, model.table)
    recorded = job.ledger.model(model.name)
    newest = snapshots[0] if snapshots else None
    if newest and CONSUMED_PROPERTY in newest.summary:
        if recorded is None or recorded.snapshot != newest.snapshot_id:
            consumed: Consumed = json.loads(newest.summary[CONSUMED_PROPERTY])
            counts = Counts(**json.loads(newest.summary[OUTCOMES_PROPERTY]))
            exported = Export.from_json(newest.summary[CHANGES_PROPERTY])
            log.info("%s: snapshot %s was not in the ledger", model.name, newest.snapshot_id)
            _tell_ledger(job, model, counts, exported, consumed)
            job.ledger.step(job.run_id, STEP, dataset=model.name, counts=asdict(counts))
            return consumed, newest.summary[DIGEST_PROPERTY]
    if recorded is None:
        return {}, ""
    return recorded.sequences, recorded.digest


def _incremental(job: Job, model: GoldModel, known: Consumed, available: Consumed) -> bool:
    """Whether the changed rows of one dataset suffice.

    They don't when another input moved too, since it may touch any row, nor when rows were deleted
    from the dataset, since a deleted row can't be read.
    """
    dataset = model.incremental
    if not dataset or dataset not in known:
        return False
    others_moved = any(known.get(name) != at for name, at in available.items() if name != dataset)
    return not others_moved and not _deleted_since(job, dataset, known[dataset])


def _deleted_since(job: Job, dataset: str, sequence: int) -> bool:
    for snapshot in tables.published_snapshots(job.spark, job.plan.dataset(dataset).silver_table):
        if int(snapshot.summary.get(SEQUENCE_PROPERTY, "0")) > sequence:
            if int(snapshot.summary.get(DELETED_PROPERTY, "0")):
                return True
    return False


def _changed_only(job: Job, model: GoldModel, known: Consumed) -> str:
    table = tables.qualified(job.plan.dataset(model.incremental).silver_table)
    sequence = known[model.incremental]
    view = f"weir_changed_{model.name}"
    changed = job.spark.sql(f"SELECT * FROM {table} WHERE _sequence > {sequence}")
    changed.createOrReplaceTempView(view)
    return fill(model.sql, changed=view)


if __name__ == "__main__":
    main()
