"""What the ledger holds, as values: numbers are ints, times ISO 8601 in UTC with "Z"."""

from __future__ import annotations

from dataplatform.ledger.records.arrivals import Cursor, LandedObject
from dataplatform.ledger.records.backfills import (
    MAX_CHUNKS,
    Backfill,
    BackfillCounts,
    BackfillState,
    Chunk,
    Rejudged,
    backfill_lease,
    chunk_mark,
)
from dataplatform.ledger.records.batches import (
    Batch,
    BatchState,
    Outcomes,
    dataset_of,
    new_batch_id,
)
from dataplatform.ledger.records.books import DatasetBooks, Totals
from dataplatform.ledger.records.gold import Load, ModelState
from dataplatform.ledger.records.leases import PIPELINE_LEASE, Lease, table_lease
from dataplatform.ledger.records.runs import Run, RunState, Step, StepState, new_run_id
from dataplatform.ledger.records.tables import TableSize
from dataplatform.ledger.records.times import age_of, iso

__all__ = [
    "MAX_CHUNKS",
    "PIPELINE_LEASE",
    "Backfill",
    "BackfillCounts",
    "BackfillState",
    "Batch",
    "BatchState",
    "Chunk",
    "Cursor",
    "DatasetBooks",
    "LandedObject",
    "Lease",
    "Load",
    "ModelState",
    "Outcomes",
    "Rejudged",
    "Run",
    "RunState",
    "Step",
    "StepState",
    "TableSize",
    "Totals",
    "age_of",
    "backfill_lease",
    "chunk_mark",
    "dataset_of",
    "iso",
    "new_batch_id",
    "new_run_id",
    "table_lease",
]
