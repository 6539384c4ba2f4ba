"""A sample read whole by the parser that will read it in the platform, and kept as columns of text.

Memory is bounded by a block; the text waits in a Parquet file on disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from cli.inference.model import Sample
from dataplatform.errors import InvalidInput, Problem, UnreadableObject
from dataplatform.parsing.csv_rows import csv_header
from dataplatform.parsing.model import OP_FIELD, Block
from dataplatform.parsing.parser import parse
from dataplatform.parsing.stream import decode, unpack

_CHUNK: Final = 1024 * 1024
_BLOCKS: Final = 16
_MOST_FIELDS: Final = 1000

Show = Callable[[str], None]
"""Tells a person how far a long step is."""


class UnusableSample(InvalidInput):
    """A sample from which no contract can be made; nothing is written."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """The sample's records as text.

    file: Parquet with `op` and `c0`, `c1` … for each of `fields`, all text.
    rejected: how many records can't be read; fault: why the first of them can't.
    text: fields whose every value is text in the source itself (JSON strings).
    unnamed: columns of a CSV file whose header is empty: they stay outside the contract.
    """

    file: Path
    fields: tuple[str, ...]
    records: int
    rejected: int
    fault: str
    text: frozenset[str]
    unnamed: int = 0


def read(sample: Sample, folder: Path, show: Show) -> Read:
    """Read all of a sample.

    Raises:
        UnusableSample: it can't be parsed, or holds no record.
    """
    try:
        if sample.format == "csv":
            header = _header(sample)
            fields, text = [field for field in header if field], frozenset[str]()
            unnamed = header.count("")
        else:
            fields, text = _keys(sample, show)
            unnamed = 0
        fields = [field for field in fields if field != OP_FIELD]
        if not fields:
            raise unusable(sample.origin, "no field", "records with fields")
        return _kept(sample, folder / "sample.parquet", fields, text, unnamed, show)
    except UnreadableObject as error:
        raise unusable(
            sample.origin,
            error.what,
            "CSV with a header, in UTF-8 or windows-1252; JSON; or Parquet",
            "What can't be read here can't be read in the platform either.",
        ) from error


def _header(sample: Sample) -> list[str]:
    """The header of a CSV file: what the parser looks the contract's columns up in."""
    texts = decode(unpack(_chunks(sample.path)), encoding=sample.csv.encoding)
    return csv_header(texts, sample.csv)


def _keys(sample: Sample, show: Show) -> tuple[list[str], frozenset[str]]:
    """Every key of JSON records in the order of appearance; those whose values are all strings."""
    kinds: dict[str, bool] = {}
    count = 0
    fault = ""
    for block in _blocks(sample, ()):
        for row in block.each():
            fields: dict[str, Any] = json.loads(row.extra) if row.extra else {}
            for key, value in fields.items():
                kinds[key] = kinds.get(key, True) and (value is None or isinstance(value, str))
        count += len(block)
        fault = fault or _fault(block)
        show(f"{count:,} records looked at for their keys")
        if len(kinds) > _MOST_FIELDS:
            raise unusable(
                sample.origin,
                f"more than {_MOST_FIELDS} different keys",
                "records with the same keys",
                "Where keys are data, send them as values.",
            )
    if fault and not kinds:
        raise _no_records(sample, fault)
    return list(kinds), frozenset(key for key, text in kinds.items() if text)


def _kept(
    sample: Sample,
    file: Path,
    fields: Sequence[str],
    text: frozenset[str],
    unnamed: int,
    show: Show,
) -> Read:
    schema = pa.schema(
        [("op", pa.large_string()), *((f"c{i}", pa.large_string()) for i in range(len(fields)))]
    )
    records = rejected = 0
    fault = ""
    waiting: list[pa.RecordBatch] = []
    with pq.ParquetWriter(file, schema, compression="snappy") as writer:
        for block in _blocks(sample, fields):
            records += block.read
            rejected += len(block.rejected)
            fault = fault or _fault(block)
            if block.read:
                waiting.append(_batch(block, schema))
            if len(waiting) >= _BLOCKS:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting.clear()
            show(f"{records:,} records")
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    if not records:
        raise _no_records(sample, fault)
    return Read(
        file=file,
        fields=tuple(fields),
        records=records,
        rejected=rejected,
        fault=fault,
        text=text,
        unnamed=unnamed,
    )


def _fault(block: Block) -> str:
    """Why the first record that can't be read can't."""
    if not block.rejected:
        return ""
    first = block.rejected[0]
    return f"record {first.position}: {first.reasons[0]}"


def _no_records(sample: Sample, fault: str) -> UnusableSample:
    found = f"no record that can be read ({fault})" if fault else "no records"
    return unusable(sample.origin, found, "one record or more, to see what they are like")


def _batch(block: Block, schema: pa.Schema) -> pa.RecordBatch:
    _, ops, _, *columns = block.columns()
    arrays = [pa.array(column, pa.large_string()) for column in (ops, *columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _blocks(sample: Sample, columns: Sequence[str]) -> Iterator[Block]:
    return parse(_chunks(sample.path), format=sample.format, columns=columns, csv=sample.csv)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def unusable(
    origin: str, found: str, expected: str, remedy: str = "", *, line: int | None = None
) -> UnusableSample:
    """Why a sample can't be used, as a person would look for it."""
    problem = Problem(
        file=origin, line=line, field="(sample)", found=found, expected=expected, remedy=remedy
    )
    return UnusableSample([problem], why="No contract was written.")
