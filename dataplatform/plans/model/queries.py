"""Queries of the project whose rows a verb shows: summaries and live views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class SummaryModel:
    """A query on the warehouse whose rows `weir up` shows at its end.

    pivot: (across, figure): the column whose values become columns, and what is shown in them;
        empty for rows as they are.
    """

    name: str
    title: str
    sql: str
    pivot: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> SummaryModel:
        """Read what `dataclasses.asdict` gave of one."""
        return cls(**{**raw, "pivot": tuple(raw.get("pivot", ()))})


@dataclass(frozen=True, kw_only=True)
class LiveModel:
    """What `weir live` shows of one stream before any run.

    gold: the gold models that its SQL reads.
    sql: SELECT in DuckDB SQL over stream.<dataset> and gold.<model>.
    """

    name: str
    title: str
    stream: str
    gold: tuple[str, ...]
    sql: str

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> LiveModel:
        """Read what `dataclasses.asdict` gave of one."""
        return cls(**{**raw, "gold": tuple(raw["gold"])})
