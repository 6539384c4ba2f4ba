"""What gold asks of an Iceberg table beyond what silver does: rows appended since a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntryStatus
from pyiceberg.table.snapshots import Operation, ancestors_of

from dataplatform.adapters.iceberg_commits import changing, until_first
from dataplatform.adapters.iceberg_staging import stage
from dataplatform.duckdb_engine.tables import LakeTable


class GoldTable(LakeTable):
    """A table of rows that a model reads or writes."""

    def appended_after(self, snapshot_id: int) -> list[DataFile]:
        """Data files that appends have added to `main` since a snapshot, compacted since or not.

        A file that was compacted is still there: it goes with the snapshot that appended it.
        """
        metadata = self._table.metadata
        found: list[DataFile] = []
        for snapshot in ancestors_of(metadata.current_snapshot(), metadata):
            if snapshot.snapshot_id == snapshot_id:
                break
            if snapshot.summary is None or snapshot.summary.operation is not Operation.APPEND:
                continue
            for manifest in snapshot.manifests(self._table.io):
                added_here = manifest.added_snapshot_id == snapshot.snapshot_id
                if manifest.content != ManifestContent.DATA or not added_here:
                    continue
                found += [
                    entry.data_file
                    for entry in manifest.fetch_manifest_entry(self._table.io)
                    if entry.status == ManifestEntryStatus.ADDED
                    and entry.snapshot_id == snapshot.snapshot_id
                ]
        return found

    def next_snapshot(self) -> int:
        """The id of a snapshot that may be appended; Iceberg's are random numbers."""
        return self._table.metadata.new_snapshot_id()

    def append(
        self, files: Sequence[DataFile], snapshot: int, *, arriving: Sequence[Future[Any]] = ()
    ) -> None:
        """Commit files as this snapshot; `arriving` as in `changing`.

        Where another append comes first, this one goes on top of it: the two don't touch. It keeps
        its number: an attempt that was refused has left no snapshot.
        """

        def append() -> None:
            if self._table.metadata.snapshot_by_id(snapshot) is not None:
                return  # it was taken, and only the answer was lost
            with changing(self._table, arriving=arriving) as transaction:
                update = transaction.update_snapshot()
                stage(update, self._table, added=files, removed=(), snapshot_id=snapshot)

        until_first(append, when_overtaken=self._table.refresh)
