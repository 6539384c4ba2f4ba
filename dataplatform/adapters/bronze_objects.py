"""One landed object, parsed: rows in bronze's columns, and rejected records in quarantine's.

Needs neither a table nor PyIceberg: functions and Spark's workers write what this gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dataplatform.adapters.bronze_spool import Spool, rejected_of, rows_of, rows_schema
from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.naming import BronzeColumn
from dataplatform.parsing.model import Block, as_json

_OF_SPOOL = {
    BronzeColumn.POSITION.value: "position",
    BronzeColumn.OP.value: "op",
    BronzeColumn.EXTRA.value: "extra",
}


class Sink(Protocol):
    """Takes rows that have its schema."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """Of the rows."""
        ...

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        ...


S = TypeVar("S", bound=Sink)


@dataclass(frozen=True)
class Rejects(Generic[S]):
    """A batch's records that could not be read, as rows of quarantine.

    now: when they are quarantined.
    """

    batch: Batch
    into: S
    now: datetime

    def records(
        self, landed: LandedObject, rejected: Iterable[pa.RecordBatch], *, before: int = 0
    ) -> None:
        """Add records of an object that was read: (position, source text, reasons).

        Args:
            before: records of the object that come before those that positions count from.
        """
        for found in rejected:
            positions, sources, reasons = (column.to_pylist() for column in found.columns)
            self._add(landed, [before + position for position in positions], sources, reasons)

    def whole_object(self, landed: LandedObject, reason: str) -> None:
        """Add an object of which nothing is staged: one record, without position."""
        self._add(landed, [None], [None], [[reason]])

    def _add(
        self,
        landed: LandedObject,
        positions: Sequence[int | None],
        sources: Sequence[str | None],
        reasons: Sequence[Sequence[str]],
    ) -> None:
        count = len(positions)
        columns = {
            "dataset": [self.batch.dataset] * count,
            "batch_id": [self.batch.batch_id] * count,
            "run_id": [self.batch.run_id] * count,
            "object": [landed.key] * count,
            "version": [landed.version or "null"] * count,
            "position": positions,
            "record": [as_json(source) for source in sources],
            "reasons": [as_json(list(found)) for found in reasons],
            "quarantined_at": [self.now] * count,
        }
        schema = self.into.arrow_schema
        arrays = [pa.array(columns[field.name], field.type) for field in schema]
        self.into.write(pa.RecordBatch.from_arrays(arrays, schema=schema))


class Content(Protocol):
    """An object's bytes; `sha256` is of what was read so far, in hex."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def sha256(self) -> str:
        """Hex digest."""
        ...


def stage_object(
    landed: LandedObject,
    content: Content,
    parse: Callable[[Iterable[bytes]], Iterator[Block]],
    *,
    spool: Spool,
    rows: Sink,
    rejects: Rejects[S],
) -> Staged:
    """Read one object to its end, then pass it on; an unreadable one is passed to quarantine.

    Args:
        parse: UnreadableObject where the content breaks.
        spool: empty; holds the object until it is read whole.

    Raises:
        TooLarge: the spool doesn't hold it; nothing was passed on.
    """
    try:
        for block in parse(content):
            spool.write(block)
    except UnreadableObject as error:
        rejects.whole_object(landed, error.what)
        return Staged(unreadable=1)
    constants = constants_of(rejects.batch, landed, content.sha256)
    for found in as_bronze(spool.read_rows(), rows.arrow_schema, constants):
        rows.write(found)
    rejects.records(landed, spool.read_rejected())
    return Staged(rows=spool.rows, unreadable=spool.rejected)


def stage_part(
    landed: LandedObject,
    blocks: Iterator[Block],
    *,
    columns: Sequence[str],
    checksum: str,
    before: int,
    rows: Sink,
    rejects: Rejects[S],
) -> Staged:
    """Pass on a part of an object, a block at a time.

    Args:
        columns: of the contract.
        checksum: the whole object's.
        before: records of the object that come before the part.

    Raises:
        UnreadableObject: what was passed on must not be kept, of no part of the object.
    """
    schema, constants = rows_schema(columns), constants_of(rejects.batch, landed, checksum)
    staged = Staged()
    for block in blocks:
        staged += Staged(rows=block.read, unreadable=len(block.rejected))
        if block.read:
            read = iter([rows_of(block, schema)])
            for found in as_bronze(read, rows.arrow_schema, constants, before=before):
                rows.write(found)
        if block.rejected:
            rejects.records(landed, [rejected_of(block)], before=before)
    return staged


def constants_of(batch: Batch, landed: LandedObject, sha256: str) -> dict[str, object]:
    """Bronze's columns that are the same for each record of an object."""
    return {
        BronzeColumn.BATCH_ID.value: batch.batch_id,
        BronzeColumn.OBJECT.value: landed.key,
        BronzeColumn.VERSION.value: landed.version or "null",
        BronzeColumn.CHECKSUM.value: sha256,
        BronzeColumn.ARRIVED_AT.value: datetime.fromisoformat(landed.arrived_at),
    }


def as_bronze(
    spooled: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    constants: Mapping[str, object],
    *,
    before: int = 0,
) -> Iterator[pa.RecordBatch]:
    """Rows in the bronze table's shape; a column that the contract no longer has is null.

    What is the same in each row comes as a dictionary of one value.

    Args:
        spooled: rows as `Spool` has them.
        before: records of the object that come before those that positions count from.
    """
    for batch in spooled:
        names = set(batch.schema.names)
        everywhere = pa.repeat(pa.scalar(0, pa.int32()), batch.num_rows)
        columns = {}
        for field in schema:
            name = _OF_SPOOL.get(field.name, f"column:{field.name}")
            if field.name in constants:
                value = pa.array([constants[field.name]], field.type)
                columns[field.name] = pa.DictionaryArray.from_arrays(everywhere, value, safe=False)
            elif name in names:
                found = batch.column(name).cast(field.type)
                placed = before and field.name == BronzeColumn.POSITION
                columns[field.name] = pc.add(found, before) if placed else found
            else:
                columns[field.name] = pa.nulls(batch.num_rows, field.type)
        fields = [schema.field(name).with_type(array.type) for name, array in columns.items()]
        yield pa.RecordBatch.from_arrays(list(columns.values()), schema=pa.schema(fields))
