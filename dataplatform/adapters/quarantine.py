"""What staging can't read, kept with its place and every reason."""

from __future__ import annotations

from datetime import UTC, datetime

from dataplatform.adapters.bronze_objects import Rejects
from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import append_once, open_table
from dataplatform.ledger.records import Batch
from dataplatform.ledger.staging import staging_mark
from dataplatform.plans.model import SilverPlan


class QuarantineWriter:
    """Collects a batch's unreadable records in `rejects`; they are seen once `commit` is called."""

    def __init__(self, plan: SilverPlan, batch: Batch) -> None:
        self._batch = batch
        self._table = open_table(plan.quarantine_table)
        self._files = DataFiles(self._table, {"dataset": plan.dataset})
        self.rejects = Rejects(batch, self._files, datetime.now(UTC))

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
