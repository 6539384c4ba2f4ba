"""Rows of quarantine that replays took: counted and, by two switches, removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dataplatform.adapters.iceberg.tables import open_table, replace_once
from dataplatform.adapters.quarantine_maintenance import replayed, without
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Lease, iso
from dataplatform.ledger.replays import Replay, taker
from dataplatform.overtaken import Overtaken
from dataplatform.plans.model import PlatformPlan

REPLAYED_AGE: Final = timedelta(days=30)
"""Since the replay was published: time to look back at what was wrong."""


@dataclass
class Settled:
    """Whether a replay has a row and published it long enough ago; asked of the ledger once each.

    The first replay that wants a row has it, for good. One that isn't published keeps its rows:
    it may be staging from them.
    """

    ledger: Ledger
    before: str
    _replays: dict[str, list[Replay]] = field(default_factory=dict)
    _published: dict[str, bool] = field(default_factory=dict)
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def __call__(self, batch_id: str, reasons: str) -> bool:
        """Of a row's batch and its reasons, as JSON."""
        pair = batch_id, reasons
        if pair not in self._known:
            if batch_id not in self._replays:
                self._replays[batch_id] = self.ledger.replays(batch_id)
            by = taker(self._replays[batch_id], json.loads(reasons))
            self._known[pair] = bool(by) and self._published_by_then(by)
        return self._known[pair]

    def _published_by_then(self, batch_id: str) -> bool:
        if batch_id not in self._published:
            self._published[batch_id] = self.ledger.published_before(batch_id, self.before)
        return self._published[batch_id]


def tidy(
    ledger: Ledger,
    plan: PlatformPlan,
    name: str,
    *,
    run: str,
    now: datetime,
    removes: bool,
    alone: Callable[[], AbstractContextManager[Lease]],
) -> tuple[int, int]:
    """Count the rows of a quarantine table that replays took long ago, and remove them if told.

    Each dataset's go in one commit. The books know them as replayed whether they are there or not.

    Args:
        run: of the maintenance; a commit that an earlier attempt made isn't made again.
        alone: holds the table's lease.

    Returns:
        Rows found, and rows removed: fewer where another writer came between.
    """
    settled = Settled(ledger, iso(now - REPLAYED_AGE))
    found = removed = 0
    for dataset in plan.datasets:
        if dataset.quarantine_table != name or not ledger.totals(dataset.dataset).replayed:
            continue
        table = open_table(name)
        old = replayed(table, dataset.dataset, settled)
        found += old.rows
        if not (old.rows and removes):
            continue
        kept = without(table, old, settled)
        mark = f"{run}:{dataset.dataset}"
        try:
            with alone():
                done = replace_once(
                    table, removed=kept.old, added=kept.new, mark=mark, properties={}
                )
        except Overtaken:
            continue  # a backfill, or a join of files; the next run looks anew
        removed += old.rows if done else 0
    return found, removed
