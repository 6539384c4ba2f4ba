"""Which rows of quarantine a replay takes, by where their records stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import AuditFailed
from dataplatform.ledger.records import Batch
from dataplatform.ledger.replays import Replay, taker
from dataplatform.plans.model import SilverPlan

Place = tuple[str, str]
"""An object's key and version, as the tables have them."""


@dataclass(kw_only=True)
class Taken:
    """What a replay takes.

    staged: positions of records that are in bronze. unread: records that staging couldn't read, by
    position, as they were sent. whole: objects of which nothing could be read.
    """

    staged: dict[Place, list[int]] = field(default_factory=dict)
    unread: dict[Place, dict[int, str]] = field(default_factory=dict)
    whole: set[Place] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Rows of quarantine."""
        records = (*self.staged.values(), *self.unread.values())
        return sum(map(len, records)) + len(self.whole)


def taken_by(plan: SilverPlan, batch: Batch, replays: Sequence[Replay]) -> Taken:
    """What of its origin's quarantined rows a replay takes.

    Args:
        replays: of the origin, oldest first.
    """
    taken = Taken()
    for row in _quarantined(plan, batch.origin):
        if taker(replays, json.loads(row["reasons"])) != batch.batch_id:
            continue
        place, position = (row["object"], row["version"]), row["position"]
        if position is None:
            taken.whole.add(place)
        elif isinstance(sent := json.loads(row["record"]), str):
            taken.unread.setdefault(place, {})[position] = sent
        else:
            taken.staged.setdefault(place, []).append(position)
    return taken


def lost(batch: Batch, where: str, found: int, expected: int) -> AuditFailed:
    """What `where` has isn't what quarantine says."""
    return AuditFailed(
        f"replay {batch.batch_id}: {where} has {found} of {expected} things"
        f" that quarantine has of batch {batch.origin}",
        why="A record would leave quarantine and arrive nowhere; nothing is staged.",
        remedy="The rows stay in quarantine: see what became of that batch's data.",
    )


def _quarantined(plan: SilverPlan, batch_id: str) -> Iterator[dict[str, Any]]:
    of_batch = f"dataset = '{plan.dataset}' and batch_id = '{batch_id}'"
    names = ("object", "version", "position", "record", "reasons")
    scan = open_table(plan.quarantine_table).scan(row_filter=of_batch, selected_fields=names)
    for batch in scan.to_arrow_batch_reader():
        yield from batch.to_pylist()
