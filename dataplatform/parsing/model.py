"""What the parser gives: rows of text, and records that it had to reject."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final, NamedTuple

MAX_RECORD_CHARS: Final = 16 * 1024 * 1024
"""A longer record is taken for a quote that never closes or a file without line ends."""

BLOCK_CHARS: Final = 1024 * 1024
"""Text parsed before a block is handed on: bounds memory whatever the rows' width."""

REJECTED: Final = "rejected"
"""The format of what a stream's transform gave up on: JSON Lines, a document of Firehose's each."""

REJECTED_AGAIN: Final = "rejected again"
"""The same at a replay: a record that the transform failed on, but is sound, is a row."""


def replayed(format: str) -> str:
    """The format that a replay parses an object in."""
    return REJECTED_AGAIN if format == REJECTED else format


OP_FIELD: Final = "_op"
"""A source may say in this field what became of a record; without it a record is an insert."""

INSERT: Final = "insert"

OPERATIONS: Final = {
    "insert": INSERT,
    "update": "update",
    "delete": "delete",
    "i": INSERT,
    "u": "update",
    "d": "delete",
}


class Row(NamedTuple):
    """A record that could be read: `values` are in the contract's order of columns."""

    position: int
    op: str
    extra: str | None
    values: list[str | None]


class Rejected(NamedTuple):
    """A record that could not be read: its text as sent, and why."""

    position: int
    source: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Plain:
    """Records by column: inserts of the contract's columns and nothing else, none rejected.

    first: position of the first one; the others follow it.
    values: of each column of the contract, all of the records' values.
    """

    first: int
    values: Sequence[Sequence[str | None]]

    @property
    def positions(self) -> range:
        """Where each record stands."""
        return range(self.first, self.first + len(self.values[0]))

    def rows(self) -> list[Row]:
        """The same records one by one."""
        by_row = map(list, zip(*self.values, strict=True))
        return list(map(Row, self.positions, repeat(INSERT), repeat(None), by_row))

    def columns(self) -> tuple[Sequence[Any], ...]:
        """As `Block.columns`."""
        count = len(self.positions)
        return (self.positions, [INSERT] * count, [None] * count, *self.values)


@dataclass(slots=True)
class Block:
    """Neighbouring records; `position` counts all of an object from 1, rejected ones too.

    plain: all of them, where they were read by column; there are neither rows nor rejected then.
    """

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    plain: Plain | None = None

    def __len__(self) -> int:
        return self.read + len(self.rejected)

    @property
    def read(self) -> int:
        """Records that could be read."""
        return len(self.rows) if self.plain is None else len(self.plain.positions)

    def each(self) -> list[Row]:
        """The records that could be read, one by one."""
        return self.rows if self.plain is None else self.plain.rows()

    def columns(self) -> tuple[Sequence[Any], ...]:
        """Positions, operations, extras, then the values of each column; at least one record."""
        if self.plain is not None:
            return self.plain.columns()
        positions, ops, extras, values = zip(*self.rows, strict=True)
        return (positions, ops, extras, *zip(*values, strict=True))


def operation(value: str | None) -> str | None:
    """The operation that `_op` names: insert where it is empty, None where it is unknown."""
    return OPERATIONS.get(value.lower()) if value else INSERT


def as_json(value: Any) -> str | None:
    """A record's text, or its reasons, as quarantine keeps them; None stays None."""
    return None if value is None else json.dumps(value, ensure_ascii=False)
