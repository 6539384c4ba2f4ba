"""What the parser gives: rows of text, and records that it had to reject."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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

OPERATIONS: Final = {
    "insert": "insert",
    "update": "update",
    "delete": "delete",
    "i": "insert",
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


@dataclass(slots=True)
class Block:
    """Neighbouring records; `position` counts all of an object from 1, rejected ones too."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) + len(self.rejected)


def operation(value: str | None) -> str | None:
    """The operation that `_op` names: insert where it is empty, None where it is unknown."""
    return OPERATIONS.get(value.lower()) if value else "insert"


def as_json(value: Any) -> str | None:
    """A record's text, or its reasons, as quarantine keeps them; None stays None."""
    return None if value is None else json.dumps(value, ensure_ascii=False)
