"""What one task reads of a landed object, and what it makes of it: Arrow batches of records.

Runs on executors. Positions count from a unit's first record, since only its predecessors' counts
tell where that stands in the object; a unit's last row says how it ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, Protocol

import pyarrow as pa

from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import LandedObject
from dataplatform.parsing.csv_form import RFC_4180, CsvForm
from dataplatform.parsing.model import Block, Rejected, as_json
from dataplatform.parsing.parser import parse, parse_part
from dataplatform.parsing.parts import lines_of_part

TO_THE_END: Final = 1 << 62
"""Where an object's last part stops: however large the object is after all."""

_FIELDS: Final = (
    ("unit", pa.int32()),
    ("position", pa.int64()),
    ("op", pa.string()),
    ("extra", pa.string()),
    ("record", pa.string()),
    ("reasons", pa.string()),
    ("digest", pa.string()),
    ("fault", pa.string()),
)


class Objects(Protocol):
    """Where landed objects are read; it goes to the executors with each task."""

    def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
        """The bytes of an object from an offset on; UnreadableObject where it is gone."""
        ...


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One task's work: a whole object, the lines that begin in a part of it, or its digest alone.

    start, stop: of a part, in bytes.
    """

    landed: LandedObject
    kind: Literal["whole", "part", "digest"]
    start: int = 0
    stop: int = TO_THE_END


def schema(columns: int) -> pa.Schema:
    """The batches' columns: those of a contract are `c0`, `c1`, ..., whatever their names are.

    A row of a record has `op`, a rejected record `record` and `reasons`, the unit's last row
    neither: it has the SHA-256 `digest` of a whole object, or the `fault` that makes it unreadable.
    """
    return pa.schema([*_FIELDS, *((f"c{number}", pa.string()) for number in range(columns))])


@dataclass(frozen=True)
class Reader:
    """Reads units, as `DataFrame.mapInArrow` wants it: numbers of units in, their records out."""

    units: Sequence[Unit]
    format_of: dict[str, str]
    columns: Sequence[str]
    objects: Objects
    csv: CsvForm = RFC_4180

    def __call__(self, numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The records of each unit in turn, a block at a time."""
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from self._read(number)

    def _read(self, number: int) -> Iterator[pa.RecordBatch]:
        unit = self.units[number]
        make = partial(_batch, schema(len(self.columns)), number)
        digest = hashlib.sha256()
        try:
            for block in self._blocks(unit, digest):
                if block.read:
                    yield make(block.read, **_of_records(block))
                if block.rejected:
                    yield make(len(block.rejected), **_of_rejected(block.rejected))
        except UnreadableObject as error:
            yield make(1, fault=[error.what])
        else:
            yield make(1, digest=[None if unit.kind == "part" else digest.hexdigest()])

    def _blocks(self, unit: Unit, digest: Any) -> Iterator[Block]:
        format = self.format_of[unit.landed.key]
        if unit.kind == "part":
            lines = lines_of_part(partial(self.objects.read, unit.landed), unit.start, unit.stop)
            first = unit.start == 0
            return parse_part(lines, format=format, columns=self.columns, first=first)
        chunks = _digested(self.objects.read(unit.landed, 0), digest)
        if unit.kind == "digest":
            return (Block() for _ in chunks)
        return parse(chunks, format=format, columns=self.columns, csv=self.csv)


def _digested(chunks: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _of_records(block: Block) -> dict[str, Any]:
    positions, ops, extras, *values = block.columns()
    given = {f"c{number}": column for number, column in enumerate(values)}
    return {"position": positions, "op": ops, "extra": extras, **given}


def _of_rejected(rejected: Sequence[Rejected]) -> dict[str, Any]:
    positions, sources, reasons = zip(*rejected, strict=True)
    return {
        "position": positions,
        "record": [as_json(source) for source in sources],
        "reasons": [as_json(list(found)) for found in reasons],
    }


def _batch(shape: pa.Schema, number: int, count: int, **given: Sequence[Any]) -> pa.RecordBatch:
    arrays = [
        pa.array(given[field.name], field.type)
        if field.name in given
        else pa.nulls(count, field.type)
        for field in shape
    ]
    arrays[0] = pa.repeat(pa.scalar(number, pa.int32()), count)
    return pa.RecordBatch.from_arrays(arrays, schema=shape)
