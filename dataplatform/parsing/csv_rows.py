"""CSV text to rows: a header, quoted fields with separators, quotes and line ends inside.

As RFC 4180 has it, but for what a `CsvForm` says.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.csv_form import RFC_4180, SEPARATORS, CsvForm, other_separator
from dataplatform.parsing.model import (
    BLOCK_CHARS,
    MAX_RECORD_CHARS,
    OP_FIELD,
    Block,
    Rejected,
    Row,
    operation,
)

if TYPE_CHECKING:
    from _csv import Reader

_SHOWN_COLUMNS: Final = 20

# The module's default of 128 KiB a field; `_Lines` bounds whole records instead.
csv.field_size_limit(MAX_RECORD_CHARS)


def csv_blocks(
    texts: Iterable[str], columns: Sequence[str], form: CsvForm = RFC_4180
) -> Iterator[Block]:
    """Parse CSV; fields are found by the header's names, an empty field is None.

    Raises:
        UnreadableObject: the header lacks a column that isn't optional, or all of them, or repeats
            one, a quote never closes, or a record is longer than `MAX_RECORD_CHARS`.
    """
    lines = _Lines(texts)
    reader = csv_reader(lines, form)
    header = _header(reader)
    if header is None:
        return
    layout = _Layout(header, columns, form)
    block = Block()
    position = 0
    while True:
        lines.taken.clear()
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if lines.ended and "end of data" in str(error):
                began = reader.line_num - len(lines.taken) + 1
                raise UnreadableObject(
                    f"a quote opened in record {position + 1} (line {began}) never closes"
                ) from error
            position += 1
            block.rejected.append(Rejected(position, lines.source(), (f"not CSV: {error}",)))
            continue
        if not fields:
            continue
        position += 1
        reason = layout.fault(fields)
        if reason:
            block.rejected.append(Rejected(position, lines.source(), (reason,)))
        else:
            block.rows.append(layout.row(position, fields))
        if lines.chars >= BLOCK_CHARS:
            lines.chars = 0
            yield block
            block = Block()
    if block:
        yield block


def csv_header(texts: Iterable[str], form: CsvForm = RFC_4180) -> list[str]:
    """The names that fields are found by; none where there is no record at all.

    Raises:
        UnreadableObject: the header isn't CSV.
    """
    return _header(csv_reader(_Lines(texts), form)) or []


def csv_reader(lines: Iterable[str], form: CsvForm) -> Reader:
    """Fields record by record; csv.Error where one isn't CSV."""
    if not form.quote:
        return csv.reader(lines, delimiter=form.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)


class _Lines:
    """Physical lines with their ends; remembers those of the record being read."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.taken: list[str] = []
        self.chars = 0
        self.ended = False
        self._record_chars = 0
        self._lines = self._split(texts)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        if not self.taken:
            self._record_chars = 0
        self.taken.append(line)
        self.chars += len(line)
        self._record_chars += len(line)
        if self._record_chars > MAX_RECORD_CHARS:
            raise _too_long()
        return line

    def source(self) -> str:
        """The record's text as sent, without its line end."""
        return "".join(self.taken).rstrip("\r\n")

    @staticmethod
    def _split(texts: Iterable[str]) -> Iterator[str]:
        r"""Lines end with \n, \r\n or \r; a \r at the end of a text waits for its \n."""
        carry = ""
        for text in texts:
            whole = carry + text
            end = len(whole) - 1 if whole.endswith("\r") else len(whole)
            cut = max(whole.rfind("\n", 0, end), whole.rfind("\r", 0, end)) + 1
            carry = whole[cut:]
            if len(carry) > MAX_RECORD_CHARS:
                raise _too_long()
            yield from io.StringIO(whole[:cut], newline="")
        if carry:
            yield carry


class _Layout:
    """Where the contract's columns are in this object."""

    def __init__(self, header: list[str], columns: Sequence[str], form: CsvForm) -> None:
        place = {name: index for index, name in enumerate(header)}
        missing = [name for name in columns if name not in place]
        if len(missing) == len(columns) > 0 or not form.optional.issuperset(missing):
            raise UnreadableObject(_wrong_header(header, missing, form))
        if len(place) < len(header):
            twice = sorted({name for name in header if header.count(name) > 1})
            raise UnreadableObject(f"wrong header: column {', '.join(twice)} stands there twice")
        self._width = len(header)
        self._op = place.pop(OP_FIELD, None)
        # What is missing has the place of an empty field behind the last one.
        self._lacks = bool(missing)
        wanted = [place.pop(name, self._width) for name in columns]
        self._extra = list(place.items())
        # itemgetter gives a bare value for one index
        self._values = itemgetter(*wanted) if len(wanted) > 1 else lambda row: (row[wanted[0]],)

    def fault(self, fields: list[str]) -> str:
        """Why a record can't be read; "" where it can."""
        if len(fields) != self._width:
            return f"{len(fields)} fields where the header has {self._width}"
        if self._op is not None and operation(fields[self._op]) is None:
            return f"unknown {OP_FIELD}: {fields[self._op][:40]!r}"
        return ""

    def row(self, position: int, fields: list[str]) -> Row:
        """The record in the contract's order."""
        op = "insert" if self._op is None else operation(fields[self._op]) or ""
        extra = None
        if self._extra:
            others = {name: fields[index] or None for name, index in self._extra}
            extra = json.dumps(others, ensure_ascii=False, separators=(",", ":"))
        if self._lacks:
            fields = [*fields, ""]
        return Row(position, op, extra, [value or None for value in self._values(fields)])


def _header(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        return next((fields for fields in reader if fields), None)
    except csv.Error as error:
        raise UnreadableObject(f"wrong header: {error}") from error


def _wrong_header(header: list[str], missing: list[str], form: CsvForm) -> str:
    if other := other_separator(header, form.delimiter):
        return (
            f"wrong header: separated by {SEPARATORS[other]}, "
            f"where the contract says {SEPARATORS[form.delimiter]}"
        )
    return f"wrong header: no column {', '.join(missing)}; found {_shown(header)}"


def _shown(header: list[str]) -> str:
    names = ", ".join(name[:60] for name in header[:_SHOWN_COLUMNS])
    more = len(header) - _SHOWN_COLUMNS
    return f"{names} and {more} more" if more > 0 else names


def _too_long() -> UnreadableObject:
    return UnreadableObject(
        f"a record is longer than {MAX_RECORD_CHARS} characters: a quote that never closes?"
    )
