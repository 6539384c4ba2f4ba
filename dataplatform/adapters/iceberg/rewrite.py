"""An Iceberg table's small files joined, and its manifests with them: no row changes.

Files are read and written while others write the table; only the commit needs it to stand still.
PyIceberg's API has no commit of this kind (operation `replace`) yet, so it is made of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
)
from pyiceberg.table import FileScanTask, Table, TableProperties
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _OverwriteFiles
from pyiceberg.typedef import EMPTY_DICT, Record

from dataplatform.adapters.iceberg.commits import changing
from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.errors import AuditFailed
from dataplatform.maintenance.bins import bins

MANY_MANIFESTS: Final = 8
"""From here on manifests are joined though no file is: each costs a plan of the table a request."""

_READ_BYTES: Final = 16 * 1024 * 1024
"""Parquet bytes read at once: PyIceberg holds whole what it is given."""

_MANIFEST_BYTES: Final = 8 * 1024 * 1024
"""Of one manifest, as Iceberg's default."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a reader of the table has to open."""

    rows: int
    files: int
    bytes: int
    manifests: int


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Small files of one partition and what replaces them; none of it is committed yet."""

    old: tuple[DataFile, ...]
    new: tuple[DataFile, ...]


class Files:
    """The data files of a table as it is now."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._tasks = list(table.scan().plan_files())
        snapshot = table.current_snapshot()
        self._manifests = snapshot.manifests(table.io) if snapshot else []

    @property
    def layout(self) -> Layout:
        """Their number and size."""
        return Layout(
            rows=sum(task.file.record_count for task in self._tasks),
            files=len(self._tasks),
            bytes=sum(task.file.file_size_in_bytes for task in self._tasks),
            manifests=len(self._manifests),
        )

    @property
    def has_row_deletes(self) -> bool:
        """Whether a reader has to apply deletes: files of such a table can't be copied as such."""
        return any(manifest.content is ManifestContent.DELETES for manifest in self._manifests)

    @property
    def many_manifests(self) -> bool:
        """Whether the manifests alone are worth a commit."""
        return len(self._manifests) >= MANY_MANIFESTS * (1 + self._full_manifests)

    def small(self) -> list[list[FileScanTask]]:
        """Groups of small files, each to be written as one; files of an old layout stay apart."""
        spec = self._table.spec().spec_id
        return bins(
            (task for task in self._tasks if task.file.spec_id == spec),
            partition=lambda task: _values(task.file.partition),
            size=lambda task: task.file.file_size_in_bytes,
            target=_target(self._table),
        )

    @property
    def _full_manifests(self) -> int:
        return sum(manifest.manifest_length for manifest in self._manifests) // _MANIFEST_BYTES


def join(table: Table, group: Sequence[FileScanTask]) -> Joined:
    """Write the rows of one partition's small files as one, in the columns that the table has now.

    Raises:
        AuditFailed: another number of rows was written than the files have.
    """
    spec = table.spec()
    names = [table.schema().find_field(field.source_id).name for field in spec.fields]
    partition = dict(zip(names, _values(group[0].file.partition), strict=True))
    with DataFiles(table, partition) as files:
        for batch in _rows(table, group):
            files.write(batch.cast(files.arrow_schema))
        done = Joined(old=tuple(task.file for task in group), new=tuple(files.finish()))
    read, written = (sum(f.record_count for f in side) for side in (done.old, done.new))
    if read != written:
        raise AuditFailed(
            f"{table.name()}: {read} rows were read to join files, {written} written",
            why="Nothing was committed: readers still see the table as it was.",
            remedy="Look at the files of that partition; the next maintenance tries again.",
        )
    return done


def commit(table: Table, joined: Sequence[Joined]) -> list[Joined]:
    """Replace files and write the manifests anew in one commit, on the newest state of the table.

    Returns:
        What was given up, because a writer replaced one of its files meanwhile, or because the
        table is laid out by another partition now.

    Raises:
        CommitFailedException: another commit came first; call again.
        AuditFailed: the table would hold another number of rows; nothing was committed.
    """
    table.refresh()
    live = {task.file.file_path for task in table.scan().plan_files()}
    layout = table.spec().spec_id
    kept = [
        each
        for each in joined
        if all(file.file_path in live and file.spec_id == layout for file in each.old)
    ]
    if joined and not kept:
        return list(joined)
    with changing(table) as transaction:
        # Its operation becomes `replace` in the summary: that of a plain overwrite is what
        # PyIceberg can add up.
        update = _Rewrite(operation=Operation.OVERWRITE, transaction=transaction, io=table.io)
        with update:
            for each in kept:
                for old in each.old:
                    update.delete_data_file(old)
                for new in each.new:
                    update.append_data_file(new)
    return [each for each in joined if each not in kept]


class _Rewrite(_OverwriteFiles):
    """Replaces files by others with the same rows, and puts all entries into few manifests."""

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        summary = super()._summary(snapshot_properties)
        added, removed = summary["added-records"], summary["deleted-records"]
        if added != removed:
            raise AuditFailed(
                f"{removed} rows would be replaced by {added}",
                why="Nothing was committed: maintenance changes no row.",
                remedy="Report this: it is a mistake in the maintenance itself.",
            )
        return Summary(Operation.REPLACE, **summary.additional_properties)

    def _existing_manifests(self) -> list[ManifestFile]:
        metadata = self._transaction.table_metadata
        snapshot = metadata.snapshot_by_name(self._target_branch or "")
        by_spec: dict[int, list[ManifestEntry]] = {}
        size = 0
        for manifest in snapshot.manifests(self._io) if snapshot else []:
            size += manifest.manifest_length
            for entry in self.fetch_manifest_entry(manifest):
                if entry.data_file not in self._deleted_data_files:
                    by_spec.setdefault(manifest.partition_spec_id, []).append(entry)
        count = sum(map(len, by_spec.values()))
        per_manifest = max(1, count * _MANIFEST_BYTES // max(size, 1))
        return [
            self._written(spec, part)
            for spec, entries in by_spec.items()
            for part in _parts(sorted(entries, key=_place), per_manifest)
        ]

    def _written(self, spec: int, entries: Sequence[ManifestEntry]) -> ManifestFile:
        with self.new_manifest_writer(self.spec(spec)) as writer:
            for entry in entries:
                writer.add_entry(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.EXISTING,
                        snapshot_id=entry.snapshot_id,
                        sequence_number=entry.sequence_number,
                        file_sequence_number=entry.file_sequence_number,
                        data_file=entry.data_file,
                    )
                )
        return writer.to_manifest_file()


def _rows(table: Table, group: Sequence[FileScanTask]) -> Iterator[pa.RecordBatch]:
    """A few files at a time, by what they take in memory."""
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    few: list[FileScanTask] = []
    for task in group:
        few.append(task)
        if sum(each.file.file_size_in_bytes for each in few) >= _READ_BYTES:
            yield from scan.to_record_batches(few)
            few = []
    yield from scan.to_record_batches(few)


def _parts(entries: Sequence[ManifestEntry], length: int) -> Iterator[Sequence[ManifestEntry]]:
    for start in range(0, len(entries), length):
        yield entries[start : start + length]


def _place(entry: ManifestEntry) -> str:
    """Entries of a partition stand together, so that a manifest can be skipped by its bounds."""
    return str(_values(entry.data_file.partition))


def _values(partition: Record) -> tuple[object, ...]:
    return tuple(partition[place] for place in range(len(partition)))


def _target(table: Table) -> int:
    return int(
        table.properties.get(
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT,
        )
    )
