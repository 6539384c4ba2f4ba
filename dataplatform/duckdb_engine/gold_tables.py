"""What gold asks of an Iceberg table beyond what silver does: rows appended since a snapshot."""

from __future__ import annotations

from collections.abc import Sequence

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

    def append(self, files: Sequence[DataFile]) -> int:
        """Commit files; the snapshot's id.

        Where another append comes first, this one goes on top of it: the two don't touch.
        """

        def append() -> None:
            with changing(self._table) as transaction:
                stage(transaction.update_snapshot(), self._table, added=files, removed=())

        until_first(append, when_overtaken=self._table.refresh)
        current = self._table.metadata.current_snapshot()
        assert current is not None
        return current.snapshot_id
