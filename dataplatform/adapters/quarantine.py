"""What staging can't read, kept with its place and every reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from dataplatform.adapters.iceberg import append_once, open_table
from dataplatform.adapters.iceberg_files import DataFiles
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.staging import staging_mark
from dataplatform.parsing.model import as_json
from dataplatform.plans.model import SilverPlan


class QuarantineWriter:
    """Collects a batch's unreadable records; they are seen once `commit` is called."""

    def __init__(self, plan: SilverPlan, batch: Batch) -> None:
        self._batch = batch
        self._table = open_table(plan.quarantine_table)
        self._files = DataFiles(self._table, {"dataset": plan.dataset})
        self._now = datetime.now(UTC)

    def records(self, landed: LandedObject, rejected: Iterable[pa.RecordBatch]) -> None:
        """Add records of an object that was read: (position, source text, reasons)."""
        for batch in rejected:
            positions, sources, reasons = (column.to_pylist() for column in batch.columns)
            self._add(landed, positions, sources, reasons)

    def whole_object(self, landed: LandedObject, reason: str) -> None:
        """Add an object of which nothing is staged: one record, without position."""
        self._add(landed, [None], [None], [[reason]])

    def commit(self) -> None:
        """Append once: a batch whose records are there already adds nothing."""
        files = self._files.finish()
        if files:
            append_once(self._table, files, mark=staging_mark(self._batch.batch_id), properties={})

    def __enter__(self) -> QuarantineWriter:
        self._files.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._files.__exit__(*error)

    def _add(
        self,
        landed: LandedObject,
        positions: Sequence[int | None],
        sources: Sequence[str | None],
        reasons: Sequence[Sequence[str]],
    ) -> None:
        count = len(positions)
        columns = {
            "dataset": [self._batch.dataset] * count,
            "batch_id": [self._batch.batch_id] * count,
            "run_id": [self._batch.run_id] * count,
            "object": [landed.key] * count,
            "version": [landed.version or "null"] * count,
            "position": positions,
            "record": [as_json(source) for source in sources],
            "reasons": [as_json(list(found)) for found in reasons],
            "quarantined_at": [self._now] * count,
        }
        schema = self._files.arrow_schema
        arrays = [pa.array(columns[field.name], field.type) for field in schema]
        self._files.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
