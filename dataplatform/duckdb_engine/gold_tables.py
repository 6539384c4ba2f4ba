"""What gold asks of an Iceberg table beyond what silver does: rows appended since a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final

from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntryStatus
from pyiceberg.table.snapshots import Operation, ancestors_of

from dataplatform.adapters.iceberg.commits import changing, until_first
from dataplatform.adapters.iceberg.staging import stage
from dataplatform.duckdb_engine.tables import LakeTable

_AT_ONCE: Final = 8
"""Within the ten connections that boto3 keeps."""


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


class OpenTables:
    """Tables as one call found or made them: nobody else changes their rows meanwhile."""

    def __init__(self) -> None:
        self._opened: dict[str, Future[GoldTable]] = {}

    def open(self, names: Iterable[str]) -> None:
        """Begin to open tables, side by side: `database.name` each."""
        for name in names:
            if name not in self._opened:
                self._opened[name] = _threads().submit(GoldTable.open, name)

    def __getitem__(self, name: str) -> GoldTable:
        """A table, opened once.

        Raises:
            TableMissing: it isn't in the catalogue.
        """
        self.open([name])
        try:
            return self._opened[name].result()
        except Exception:
            del self._opened[name]  # whoever asks again may find it
            raise


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="open")
