"""Rows of quarantine that a replay took long ago: found and, where that is allowed, removed.

Their records went through the pipeline again and have their outcome elsewhere. What is left of
them here is the history of what was wrong, which nothing asks for any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue, EqualTo, Reference
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.errors import AuditFailed

Settled = Callable[[str, str], bool]
"""Of a row's batch and its reasons, as they stand there: whether it may go."""

_JUDGED = ("batch_id", "reasons")


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A dataset's files that hold such rows, and how many they hold."""

    dataset: str
    rows: int
    tasks: tuple[FileScanTask, ...]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What replaces those files; none of it is committed yet."""

    old: tuple[DataFile, ...]
    new: tuple[DataFile, ...]


def replayed(table: Table, dataset: str, settled: Settled) -> Replayed:
    """Find a dataset's rows that may go; two columns are read."""
    of_dataset = EqualTo(Reference("dataset"), dataset)  # type: ignore[call-arg, arg-type]
    judged = table.schema().select(*_JUDGED)
    tasks, rows = [], 0
    for task in table.scan(row_filter=of_dataset).plan_files():
        found = sum(_goes(batch, settled).true_count for batch in _read(table, judged, task))
        if found:
            tasks.append(task)
            rows += found
    return Replayed(dataset=dataset, rows=rows, tasks=tuple(tasks))


def without(table: Table, found: Replayed, settled: Settled) -> Kept:
    """Write the rows that stay, in the columns that the table has now.

    Raises:
        AuditFailed: others stay than those that were not found.
    """
    with DataFiles(table, {"dataset": found.dataset}) as files:
        for task in found.tasks:
            for batch in _read(table, table.schema(), task):
                stays = batch.filter(pc.invert(_goes(batch, settled)))
                files.write(stays.cast(files.arrow_schema))
        kept = Kept(old=tuple(task.file for task in found.tasks), new=tuple(files.finish()))
    before, after = (_rows(side) for side in (kept.old, kept.new))
    if before - after != found.rows:
        raise AuditFailed(
            f"{table.name()}: {before} rows of {found.dataset}, {after} stay, {found.rows} go",
            why="Nothing was committed: every row is there still.",
            remedy="Look at the files of that dataset; the next maintenance tries again.",
        )
    return kept


def _read(table: Table, columns: Schema, task: FileScanTask) -> Iterator[pa.RecordBatch]:
    return ArrowScan(table.metadata, table.io, columns, AlwaysTrue()).to_record_batches([task])


def _goes(batch: pa.RecordBatch, settled: Settled) -> pa.BooleanArray:
    pairs = zip(*(batch.column(name).to_pylist() for name in _JUDGED), strict=True)
    return pa.array([settled(*pair) for pair in pairs], pa.bool_())


def _rows(files: Sequence[DataFile]) -> int:
    return sum(file.record_count for file in files)
