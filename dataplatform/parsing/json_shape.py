"""The shape of JSON records in a text, and all the records of this shape, cut into Arrow columns.

Whatever is given for a record is one: each of its bytes is held against what it may be. A line is
passed over where that isn't so, or isn't sure, whether it is a record or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dataplatform.parsing import json_rows

_FEW: Final = 200
"""Lines of another shape that may stand in a text; each of them ends a run of records."""

_SCALAR: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null"
_TEXT: Final = pa.large_string()
_BYTES: Final = pa.large_binary()
_SPACE: Final = pa.scalar(0x20, pa.uint8())

# They stand for other text while it is cut, and collide with nothing: text that has control
# characters of its own isn't cut.
_NULL: Final = "\x01"
_BACKSLASH: Final = "\x02\x03"
_QUOTE: Final = "\x02\x04"


@dataclass(frozen=True)
class Cut:
    """The records of one shape that a text holds.

    rows: how many.
    values: of each field, all of theirs as `json_rows` gives them.
    others: numbers of the lines that aren't among them, from 0, in order.
    """

    rows: int
    values: dict[str, pa.Array]
    others: Sequence[int]


@dataclass(frozen=True)
class Shape:
    """How records may be written.

    fields: their names in order; whether the value of each is text, or null.
    space: what stands after a colon or a comma.
    """

    fields: Sequence[tuple[str, bool]]
    space: str

    @classmethod
    def of(cls, text: str, columns: Sequence[str]) -> Shape | None:
        """The one of a text's first line; None where that isn't a flat record of these columns."""
        first = text.partition("\n")[0].rstrip("\r")
        if not first.startswith('{"'):
            return None  # for one, Arrow would pass over a byte order mark
        record = json_rows.plain_record(first, columns)
        if record is None:
            return None
        space = " " if first.startswith(f'{{"{next(iter(record))}": ') else ""
        fields = [
            (name, isinstance(value, str) or (value is None and f'"{name}":{space}"' in text))
            for name, value in record.items()
        ]
        return cls(fields, space)

    def cut(self, text: str) -> Cut | None:
        """The records of whole lines; None where too many of them have another shape."""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
            if "\r" in text:
                return None  # Arrow would end a line there
        text = text.rstrip("\n") + "\n"
        data = text.encode()
        controls = pc.sum(pc.less(_bytes(data), _SPACE)).as_py()
        escaped = b"\\" in data
        if escaped:
            data = data.replace(rb"\\", _BACKSLASH.encode()).replace(rb"\"", _QUOTE.encode())
        if b"null" in data:
            for name in (name for name, is_text in self.fields if is_text):
                key = f'"{name}":{self.space}'
                data = data.replace(f"{key}null".encode(), f'{key}"{_NULL}"'.encode())
        others: list[int] = []
        try:
            pieces = self._pieces(data, others)
        except pa.ArrowInvalid:
            return None
        if controls != pieces.num_rows + len(others):
            return None  # some stand elsewhere than where lines end
        return _Taken(pieces, others).cut(self.fields, self.space, escaped)

    def _pieces(self, data: bytes, others: list[int]) -> pa.Table:
        """A column for each piece of a record; one that stands between two texts is a boolean.

        Args:
            others: gets the numbers of the lines that have another number of pieces.

        Raises:
            ArrowInvalid: there are too many, or between two texts stands something else.
        """
        types = [_BYTES]
        for _, is_text in self.fields:
            types += [_BYTES, pa.bool_(), _TEXT, pa.bool_()] if is_text else [_BYTES, _BYTES]
        if self.fields[-1][1]:
            types[-1] = _BYTES
        names = [str(number) for number in range(len(types))]

        def other(row: Any) -> str:
            others.append(row.number - 1)
            return "skip" if len(others) <= _FEW else "error"

        return csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            csv.ParseOptions(
                delimiter='"',
                quote_char=False,
                escape_char=False,
                ignore_empty_lines=False,
                invalid_row_handler=other,
            ),
            csv.ConvertOptions(
                check_utf8=False,  # it was text
                column_types=dict(zip(names, types, strict=True)),
                true_values=[":" + self.space],
                false_values=["," + self.space],
                null_values=[],
                strings_can_be_null=False,
            ),
        ).combine_chunks()


class _Taken:
    """Lines cut into pieces, of which those stay that are records."""

    def __init__(self, pieces: pa.Table, others: Sequence[int]) -> None:
        self._rows = pieces.num_rows
        self._pieces: Iterator[pa.Array] = iter(piece.chunk(0) for piece in pieces.columns)
        self._others = others
        self._bad: pa.Array | None = None

    def cut(self, fields: Sequence[tuple[str, bool]], space: str, escaped: bool) -> Cut | None:
        """Their values, where few lines have to be left out."""
        found: dict[str, pa.Array] = {}
        self._must_be(next(self._pieces), "{")
        for number, (name, is_text) in enumerate(fields, 1):
            end = "}" if number == len(fields) else "," + space
            self._must_be(next(self._pieces), name)
            found[name] = self._texts(end, escaped) if is_text else self._scalars(space, end)
        if self._bad is None:
            return Cut(self._rows, found, self._others)
        bad = pc.indices_nonzero(self._bad).to_pylist()
        if len(bad) + len(self._others) > _FEW:
            return None
        kept = pc.invert(self._bad)
        values = {name: column.filter(kept) for name, column in found.items()}
        return Cut(self._rows - len(bad), values, _lines_left(bad, self._others))

    def _texts(self, end: str, escaped: bool) -> pa.Array:
        colons, values, after = (next(self._pieces) for _ in range(3))
        self._must(colons)
        if end == "}":
            self._must_be(after, end)
        else:
            self._must(pc.invert(after))
        null = pc.equal(values, _NULL)
        if null.true_count:
            values = pc.if_else(null, pa.scalar(None, _TEXT), values)
        return self._unescaped(values) if escaped else values

    def _scalars(self, space: str, end: str) -> pa.Array:
        pieces = next(self._pieces)
        self._must(pc.match_substring_regex(pieces, f"^:{space}(?:{_SCALAR}){end}$"))
        values = pc.binary_slice(pieces, 1 + len(space), -len(end)).view(_TEXT)
        null = pc.equal(values, "null")
        return pc.if_else(null, pa.scalar(None, _TEXT), values) if null.true_count else values

    def _unescaped(self, values: pa.Array) -> pa.Array:
        """Texts without their escapes, as `json_rows` reads each."""
        odd = pc.or_(pc.match_substring(values, "\\"), pc.match_substring(values, _BACKSLASH[0]))
        odd = odd.fill_null(False)
        if not odd.true_count:
            return values
        texts = pa.array(
            [
                json_rows.unescaped(value.replace(_BACKSLASH, r"\\").replace(_QUOTE, r"\""))
                for value in values.filter(odd).to_pylist()
            ],
            _TEXT,
        )
        values = pc.replace_with_mask(values, odd, texts)
        self._must(pc.invert(pc.and_(odd, values.is_null())))
        return values

    def _must_be(self, pieces: pa.Array, text: str) -> None:
        self._must(pc.equal(pieces, pa.scalar(text.encode(), _BYTES)))

    def _must(self, good: pa.Array) -> None:
        if good.false_count:
            bad = pc.invert(good)
            self._bad = bad if self._bad is None else pc.or_(self._bad, bad)


def _lines_left(bad: Sequence[int], others: Sequence[int]) -> list[int]:
    """Numbers of lines, of which those of `bad` are told as if those of `others` weren't there."""
    left = list(others)
    passed, number = 0, 0
    for row in bad:
        number = row + passed
        while passed < len(others) and others[passed] <= number:
            passed += 1
            number = row + passed
        left.append(number)
    return sorted(left)


def _bytes(data: bytes) -> pa.Array:
    return pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])
