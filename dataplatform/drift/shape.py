"""The shape of an object, from a sample of it: its columns in order, and the values seen in each.

Records are read as the parser reads them (`dataplatform.parsing`), but a sample ends anywhere, so a
record that is cut, or can't be read, is passed over: single bad records are the quarantine's work.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from dataplatform.drift.values import narrowest
from dataplatform.errors import UnreadableObject
from dataplatform.parsing.csv_form import RFC_4180, UTF_8, UTF_16, CsvForm
from dataplatform.parsing.csv_rows import csv_reader
from dataplatform.parsing.json_rows import json_blocks
from dataplatform.parsing.model import OP_FIELD, operation
from dataplatform.parsing.stream import decode, is_packed, slices, unpack

MAX_RECORDS: Final = 200
"""Records looked at: half of them from the head, the others from the middle, where there is one."""

_REPLACED: Final = "\ufffd"


@dataclass(frozen=True)
class Sample:
    """Bytes of an object as landed: its first ones, and some from its middle.

    whole: `head` is the whole object.
    """

    head: bytes
    middle: bytes = b""
    whole: bool = False


@dataclass(frozen=True)
class SampledColumn:
    """A column, and the text of each value that was seen in it; empty and null ones are counted."""

    name: str
    values: tuple[str, ...]
    nulls: int

    @cached_property
    def type(self) -> str:
        """The narrowest type that all values fit, as in `plans.model.Column`."""
        return narrowest(self.values)

    @property
    def null_share(self) -> float:
        """Share of the records in which the column was named without a value; 0 of none."""
        seen = len(self.values) + self.nulls
        return self.nulls / seen if seen else 0.0


@dataclass(frozen=True)
class Shape:
    """What a sample shows.

    columns: in the order of the header, else of the first record that has them.
    records: how many were looked at; deletes aren't among them: they may come with their key alone.
    declared: the columns are those of a header; else a column that no record has may still come.
    """

    columns: tuple[SampledColumn, ...]
    records: int
    declared: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def observe(sample: Sample, *, format: str, csv: CsvForm = RFC_4180) -> Shape | None:
    """The shape of an object of CSV or JSON Lines.

    Args:
        csv: how CSV is written.

    Returns:
        None where the sample shows none: no record, no header, or bytes that can't be read, which
        the parser will say with their place.

    Raises:
        KeyError: an unknown format.
    """
    is_csv = {"csv": True, "json": False}[format]
    try:
        texts = list(_texts(sample, csv.encoding if is_csv else UTF_8))
    except UnreadableObject:
        return None
    return _csv_shape(texts, csv) if is_csv else _json_shape(texts)


def shape_of_lines(lines: Iterable[str]) -> Shape | None:
    """The shape of records of JSON, one a line; None of none."""
    return _json_shape(["\n".join(lines)])


def _texts(sample: Sample, encoding: str) -> Iterator[str]:
    """The head, then the middle from the first line that is whole; both end with a whole line."""
    yield _lines(sample.head, encoding, first=True, whole=sample.whole)
    if encoding == UTF_16:
        return  # the middle has no mark that tells which byte of a character comes first
    if sample.middle and not is_packed(sample.head):
        middle = UTF_8 if sample.head.startswith(codecs.BOM_UTF8) else encoding
        yield _lines(sample.middle, middle, first=False, whole=False)


def _lines(part: bytes, encoding: str, *, first: bool, whole: bool) -> str:
    pieces: Iterable[bytes] = _inflated(part) if first else slices((part,))
    # A sample may cut a character; what isn't UTF-8 in the object itself, the parser finds.
    text = "".join(decode(_valid(pieces, encoding), first=first, encoding=encoding))
    if not first:
        text = text.partition("\n")[2]
    if whole:
        return text
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1]


def _inflated(part: bytes) -> Iterator[bytes]:
    """Unpacked as far as the sample goes."""
    pieces = unpack((part,))
    while True:
        try:
            piece = next(pieces, None)
        except UnreadableObject:
            return  # a sample of gzip is cut short by its nature
        if piece is None:
            return
        yield piece


def _valid(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    whole = b"".join(pieces)
    codec = UTF_8 if whole.startswith(codecs.BOM_UTF8) else encoding
    yield whole.decode(codec, "replace").replace(_REPLACED, "?").encode(codec)


def _csv_shape(texts: list[str], form: CsvForm) -> Shape | None:
    rows = _csv_rows(texts[0], form)
    header = next(rows, None)
    if header is None or len(set(header)) < len(header):
        return None  # the parser says which column stands there twice
    found = _Columns(header)
    op = header.index(OP_FIELD) if OP_FIELD in header else None
    share = MAX_RECORDS // len(texts)
    for rest in (rows, *(_csv_rows(text, form) for text in texts[1:])):
        taken = 0
        for fields in rest:
            if len(fields) != len(header) or (op is not None and _deletes(fields[op])):
                continue
            found.add(zip(header, (field or None for field in fields), strict=True))
            taken += 1
            if taken == share:
                break
    return found.shape(declared=True)


def _csv_rows(text: str, form: CsvForm) -> Iterator[list[str]]:
    """Rows up to the first that can't be read: a quote that a sample cut, mostly."""
    reader = csv_reader(io.StringIO(text, newline=""), form)
    while True:
        try:
            fields = next(reader, None)
        except csv.Error:
            return
        if fields is None:
            return
        if fields:
            yield fields


def _json_shape(texts: list[str]) -> Shape | None:
    found = _Columns(())
    share = MAX_RECORDS // len(texts)
    for text in texts:
        few = "\n".join(text.split("\n", 2 * share)[: 2 * share])
        for taken, fields in enumerate(_json_records(few)):
            if taken == share:
                break
            found.add(fields.items())
    return found.shape(declared=False) if found.records else None


def _json_records(text: str) -> Iterator[dict[str, str | None]]:
    """Records by field, without deletes; a line that can't be read is none."""
    for block in json_blocks([text], ()):
        for row in block.each():
            if row.op != "delete":
                fields = json.loads(row.extra or "{}", parse_float=str, parse_int=str)
                yield {name: _text(value) for name, value in fields.items()}


def _text(value: Any) -> str | None:
    """A field as bronze keeps it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _deletes(value: str) -> bool:
    return operation(value) == "delete"


class _Columns:
    """Columns as they are gathered."""

    def __init__(self, names: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {name: [] for name in names}
        self._nulls: dict[str, int] = dict.fromkeys(self._values, 0)
        self.records = 0

    def add(self, fields: Iterable[tuple[str, str | None]]) -> None:
        self.records += 1
        for name, value in fields:
            values = self._values.setdefault(name, [])
            if value is None:
                self._nulls[name] = self._nulls.get(name, 0) + 1
            else:
                values.append(value)

    def shape(self, *, declared: bool) -> Shape:
        columns = tuple(
            SampledColumn(name, tuple(values), self._nulls.get(name, 0))
            for name, values in self._values.items()
            if name != OP_FIELD
        )
        return Shape(columns, self.records, declared)
