"""How large a lake table is, by its own snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

_SIZES: Final = ("total-data-files", "total-files-size")
"""https://iceberg.apache.org/spec/#optional-snapshot-summary-fields"""


@dataclass(frozen=True, kw_only=True)
class TableSize:
    """Data files of an Iceberg table, and their bytes."""

    files: int = 0
    bytes: int = 0

    @classmethod
    def of_snapshot(cls, summary: Mapping[str, str]) -> Self:
        """What the summary of a table's newest snapshot says; nothing is read for it."""
        files, size = (summary.get(name, "0") for name in _SIZES)
        return cls(files=int(files), bytes=int(size))
