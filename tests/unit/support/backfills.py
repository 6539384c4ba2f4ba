"""Backfills of a shop's dataset, over moto, and the clean build that they are measured by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dataplatform.duckdb_engine.backfill import publish_chunk
from dataplatform.ledger.records import Backfill, BackfillCounts
from dataplatform.naming import SilverColumn
from tests.unit.support.merges import SETTINGS, Shop

SINCE: Final = "2026-11-21T00:00:00Z"
UNTIL: Final = "2026-11-22T00:00:00Z"
"""The day on which all that `Lake.land` lands arrives."""

_SYSTEM: Final = frozenset(SilverColumn)


def planned(shop: Shop, *, chunks: int = 1, since: str = SINCE, until: str = UNTIL) -> Backfill:
    """A backfill that is noted and not begun."""
    return shop.ledger.open_backfill(
        Backfill(
            backfill_id="",
            dataset=shop.plan.dataset,
            since=since,
            until=until,
            mark="mark",
            chunks=chunks,
        )
    )


def done(shop: Shop, backfill: Backfill, *, request: str = "b1") -> BackfillCounts:
    """Do what is left of it."""
    found = BackfillCounts()
    for chunk in shop.ledger.chunks(backfill.backfill_id):
        if chunk.state != "done":
            found += publish_chunk(
                SETTINGS,
                shop.ledger,
                shop.plan,
                backfill,
                chunk,
                request=request,
                seconds=900,
                alive=lambda lease: True,
            )
    return found


def backfilled(shop: Shop, **planning: Any) -> dict[str, int]:
    """Plan a backfill and do it; the counts that aren't 0."""
    counts = done(shop, planned(shop, **planning)).to_dict()
    return {name: number for name, number in counts.items() if number}


def contents(rows: Mapping[Any, Mapping[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Rows without what says who wrote them and when."""
    return {
        key: {name: value for name, value in row.items() if name not in _SYSTEM}
        for key, row in rows.items()
    }


def in_quarantine(shop: Shop) -> list[tuple[str, int]]:
    """Object and position of each record there that no replay has taken, in order."""
    return sorted(
        (row["object"], row["position"])
        for row in shop.lake.rows(shop.plan.quarantine_table, dataset=shop.plan.dataset)
    )
