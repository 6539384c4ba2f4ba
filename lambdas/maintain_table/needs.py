"""What the platform will still ask of a table."""

from __future__ import annotations

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import chunk_mark
from dataplatform.maintenance.history import Needs
from dataplatform.naming import Zone, changes_table
from dataplatform.plans.model import PlatformPlan


def needs_of(ledger: Ledger, plan: PlatformPlan, table: str) -> Needs:
    """What of the table's history is still asked for, by the ledger."""
    return Needs(
        batches=frozenset(
            [batch.batch_id for batch in ledger.unfinished_batches()] + _chunks(ledger, plan, table)
        ),
        sequence=_consumed(ledger, plan, table),
        snapshots=_read_up_to(ledger, plan, table),
        exports=_exports_wait(ledger, plan, table),
    )


def _chunks(ledger: Ledger, plan: PlatformPlan, table: str) -> list[str]:
    """Marks of what backfills may have committed without telling the ledger."""
    return [
        chunk_mark(chunk.backfill_id, chunk.number)
        for dataset in plan.datasets
        if table in (dataset.silver_table, dataset.quarantine_table)
        for backfill in ledger.open_backfills(dataset.dataset)
        for chunk in ledger.chunks(backfill.backfill_id)
        if chunk.state != "done"
    ]


def _consumed(ledger: Ledger, plan: PlatformPlan, table: str) -> int | None:
    """The lowest sequence up to which a model has read the changes of a silver table."""
    datasets = {dataset.silver_table: dataset.dataset for dataset in plan.datasets}
    dataset = datasets.get(table)
    consumed = [
        state.sequences[dataset]
        for model in plan.models
        if dataset and model.incremental == dataset
        if (state := ledger.model(model.name)) and dataset in state.sequences
    ]
    return min(consumed, default=None)


def _read_up_to(ledger: Ledger, plan: PlatformPlan, table: str) -> frozenset[int]:
    """Snapshots of a gold table after which a model will ask for new rows."""
    inputs = {f"{Zone.GOLD}.{model.name}" for model in plan.models if model.table == table}
    return frozenset(
        state.sequences[model.incremental]
        for model in plan.models
        if model.incremental in inputs
        if (state := ledger.model(model.name)) and model.incremental in state.sequences
    )


def _exports_wait(ledger: Ledger, plan: PlatformPlan, table: str) -> bool:
    return any(
        bool(ledger.pending_loads(model.name))
        for model in plan.models
        if table == changes_table(model.table)
    )
