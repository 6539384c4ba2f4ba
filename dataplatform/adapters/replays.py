"""Quarantine to bronze again: what was rejected becomes rows of a batch of its own.

A record that silver rejected is taken from bronze, where it stands as it was sent; one that could
not be read at all is read again from its landed object. Both keep the place, the checksum and the
time of arrival that they came with, so that they are as old as they are, and the same as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataplatform.adapters.bronze import recorded
from dataplatform.adapters.bronze_objects import as_bronze, constants_of
from dataplatform.adapters.bronze_spool import Spool
from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import append_once, open_table
from dataplatform.adapters.landing import LandedBytes
from dataplatform.adapters.quarantine import QuarantineWriter
from dataplatform.adapters.replay_rows import stage_again
from dataplatform.adapters.replay_selection import Place, lost, taken_by
from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.replays import Replay
from dataplatform.ledger.staging import Staged, check_columns, staged_properties
from dataplatform.naming import BronzeColumn
from dataplatform.parsing.model import replayed
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import SilverPlan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def stage_replay(
    plan: SilverPlan,
    batch: Batch,
    replays: Sequence[Replay],
    objects: Sequence[LandedObject],
    *,
    s3: S3Client,
    directory: Path,
    limit: int,
) -> Staged:
    """Stage a replay, once, as `bronze.stage` stages landed objects.

    Args:
        replays: of the batch's origin, oldest first.
        objects: of its origin.
        directory: local disk on which an object waits until it is read whole.
        limit: bytes that one object may take there, compressed.

    Raises:
        AuditFailed: a record isn't where quarantine says; nothing is staged.
        TooLarge: an object takes more, or the disk is full; nothing is staged.
        TableMissing: the tables, or a column of them, haven't been made yet.
    """
    table = open_table(plan.bronze_table)
    before = recorded(table, batch.batch_id)
    if before is not None:
        return before
    check_columns(plan, table.schema().column_names)
    taken = taken_by(plan, batch, replays)
    total = Staged(taken=taken.count)
    with (
        DataFiles(table, {BronzeColumn.BATCH_ID: batch.batch_id}) as rows,
        QuarantineWriter(plan, batch) as quarantine,
    ):
        total += Staged(rows=stage_again(plan, batch, table, taken.staged, rows))
        for landed in _landed(objects, {*taken.unread, *taken.whole}, batch):
            reader = _Reader(plan, batch, landed, s3, rows, quarantine)
            with (
                TemporaryDirectory(dir=directory) as room,
                Spool(Path(room), reader.columns, limit=limit) as spool,
            ):
                total += reader.read(spool, taken.unread.get(_place(landed)))
        quarantine.commit()
        properties = staged_properties(batch.batch_id, total)
        append_once(table, rows.finish(), mark=batch.batch_id, properties=properties)
    return total


class _Reader:
    """Reads one landed object again."""

    def __init__(
        self,
        plan: SilverPlan,
        batch: Batch,
        landed: LandedObject,
        s3: S3Client,
        rows: DataFiles,
        quarantine: QuarantineWriter,
    ) -> None:
        self._batch, self._landed = batch, landed
        self._rows, self._quarantine = rows, quarantine
        self._content = LandedBytes(s3, landed)
        self._format = replayed(plan.format_of(landed.key))
        self._fields, self._csv = plan.fields, plan.csv
        self.columns = [column.name for column in plan.columns]

    def read(self, spool: Spool, wanted: Mapping[int, str] | None) -> Staged:
        """Stage the records at the wanted positions, or all where the object was unreadable."""
        try:
            for block in parse(
                self._content, format=self._format, columns=self._fields, csv=self._csv
            ):
                spool.write(block)
        except UnreadableObject as error:
            return self._unreadable(error, wanted)
        constants = constants_of(self._batch, self._landed, self._content.sha256)
        staged = rejected = 0
        for found in _at(spool.read_rows(), wanted):
            staged += found.num_rows
            for rows in as_bronze(iter([found]), self._rows.arrow_schema, constants):
                self._rows.write(rows)
        for found in _at(spool.read_rejected(), wanted):
            rejected += found.num_rows
            self._quarantine.rejects.records(self._landed, [found])
        if wanted is not None and staged + rejected != len(wanted):
            raise lost(self._batch, self._landed.key, staged + rejected, len(wanted))
        return Staged(rows=staged, unreadable=rejected)

    def _unreadable(self, error: UnreadableObject, wanted: Mapping[int, str] | None) -> Staged:
        if wanted is None:
            self._quarantine.rejects.whole_object(self._landed, error.what)
            return Staged(unreadable=1)
        columns = [list(wanted), list(wanted.values()), [[error.what]] * len(wanted)]
        records = pa.RecordBatch.from_arrays(
            [pa.array(values) for values in columns], ["position", "source", "reasons"]
        )
        self._quarantine.rejects.records(self._landed, [records])
        return Staged(unreadable=len(wanted))


def _at(
    batches: Iterable[pa.RecordBatch], wanted: Mapping[int, str] | None
) -> Iterator[pa.RecordBatch]:
    if wanted is None:
        yield from batches
        return
    positions = pa.array(list(wanted), pa.int64())
    for batch in batches:
        yield batch.filter(pc.is_in(batch.column(0), value_set=positions))


def _landed(
    objects: Sequence[LandedObject], wanted: set[Place], batch: Batch
) -> list[LandedObject]:
    found = [landed for landed in objects if _place(landed) in wanted]
    if len(found) != len(wanted):
        raise lost(batch, "the ledger", len(found), len(wanted))
    return found


def _place(landed: LandedObject) -> Place:
    return landed.key, landed.version or "null"
