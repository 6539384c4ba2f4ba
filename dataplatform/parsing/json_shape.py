"""The shape of JSON records in a text, and all the records of this shape, cut into Arrow columns.

Whatever is given for a record is one: each of its bytes is held against what it may be. A line is
passed over where that isn't so, or isn't sure, whether it is a record or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dataplatform.parsing import json_rows
from dataplatform.parsing.json_proof import Proof

_FEW: Final = 200
"""Lines of another shape that may stand in a text; each of them ends a run of records."""

_FEW_BY_COMMAS: Final = 40
"""The same where commas cut: if there are more, because texts hold some, a mark does."""

_BYTES: Final = pa.large_binary()
_COMMA: Final = b","
_MARK: Final = b"\x01"
"""Stands for the commas between fields; text that holds it already isn't cut by it."""


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
    commas: whether commas are to be expected in texts.
    """

    fields: Sequence[tuple[str, bool]]
    space: str
    commas: bool

    @classmethod
    def of(cls, text: str, columns: Sequence[str]) -> Shape | None:
        """The one of a text's first line; None where that isn't a flat record of these columns."""
        first = text[: text.find("\n")].rstrip("\r") if "\n" in text else text
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
        return cls(fields, space, commas=first.count(",") >= len(fields))

    def cut(self, text: str) -> Cut | None:
        """The records of whole lines; None where too many of them have another shape."""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
            if "\r" in text:
                return None  # Arrow would end a line there
        data = text.encode()
        if not data.endswith(b"\n") or data.endswith(b"\n\n"):
            data = data.rstrip(b"\n") + b"\n"
        found = None if self.commas else self._cut(data, _COMMA, _FEW_BY_COMMAS)
        if found is not None or _MARK in data:
            return found
        # A line with a text that ends with a comma has a piece more than it should: it is left out.
        before = f'{self.space}"'.encode()
        return self._cut(data.replace(_COMMA + before, _MARK + before), _MARK, _FEW)

    def _cut(self, data: bytes, separator: bytes, few: int) -> Cut | None:
        """The records of lines in which fields are separated so, where it is few others at most."""
        others: list[int] = []
        try:
            pieces = self._pieces(data, separator, others, few)
        except pa.ArrowInvalid:
            return None
        rows = pieces.num_rows
        if not rows:
            return None
        proof, values = Proof(), {}
        escaped, last = b"\\" in data, len(self.fields) - 1
        for number, (name, is_text) in enumerate(self.fields):
            piece = pieces.column(number).chunk(0)
            head = f'{self.space if number else "{"}"{name}":{self.space}'
            tail = "}" if number == last else ""
            values[name] = (
                proof.texts(piece, head, tail, escaped=escaped)
                if is_text
                else proof.scalars(piece, head, tail)
            )
        if proof.bad is None and not others:
            return Cut(rows, values, others)
        bad = proof.bad.true_count if proof.bad is not None else 0
        if bad + len(others) > few or data.count(b"\n") != rows + len(others):
            return None  # too many, or Arrow has passed over a line, and its numbers aren't ours
        if proof.bad is not None:
            kept = pc.invert(proof.bad)
            values = {name: column.filter(kept) for name, column in values.items()}
            others = _lines_left(pc.indices_nonzero(proof.bad).to_pylist(), others)
        return Cut(rows - bad, values, others)

    def _pieces(self, data: bytes, separator: bytes, others: list[int], few: int) -> pa.Table:
        """A column for each field, of what stands between two separators.

        Args:
            others: gets the numbers of the lines that have another number of pieces.

        Raises:
            ArrowInvalid: there are more than a few.
        """
        names = [str(number) for number in range(len(self.fields))]

        def other(row: Any) -> str:
            others.append(row.number - 1)
            return "skip" if len(others) <= few else "error"

        return csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            csv.ParseOptions(
                delimiter=separator.decode(),
                quote_char=False,
                escape_char=False,
                ignore_empty_lines=False,
                invalid_row_handler=other,
            ),
            csv.ConvertOptions(
                check_utf8=False,  # it was text
                column_types=dict.fromkeys(names, _BYTES),
                null_values=[],
                strings_can_be_null=False,
            ),
        ).combine_chunks()


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
