"""What is done to a table, as a deployment tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "create",
    "add",
    "rename",
    "widen",
    "relax",
    "describe",
    "drop",
    "replace",
    "order",
    "partition",
    "settings",
    "compaction",
]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing done to a table."""

    table: str
    kind: Kind
    column: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.table, self.kind, self.column, self.detail) if part)
