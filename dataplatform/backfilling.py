"""Rows derived anew from bronze: what is the same whichever engine does it.

What is read, what a commit says of itself, and which rows of quarantine are a backfill's to judge
stand here, once.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dataplatform.errors import BooksUnbalanced, PlanChanged
from dataplatform.ledger import Ledger
from dataplatform.ledger.commits import Summary, recovered
from dataplatform.ledger.records import Backfill, BackfillCounts
from dataplatform.ledger.replays import taker
from dataplatform.naming import (
    BATCHES_PROPERTY,
    DELETED_PROPERTY,
    OUTCOMES_PROPERTY,
    SEQUENCE_PROPERTY,
)
from dataplatform.overtaken import overtaken
from dataplatform.plans.model import SilverPlan

_COUNTED: Final = {
    "insert": "inserted",
    "update": "updated",
    "delete": "deleted",
    "duplicate": "kept",
    "absent": "absent",
}


log = logging.getLogger("weir.backfill")


def check_plan(plan: SilverPlan, backfill: Backfill) -> None:
    """Let a chunk follow only the plan that its backfill was planned by.

    Raises:
        PlanChanged: another contract was deployed since.
    """
    if plan.mark == backfill.mark:
        return
    raise PlanChanged(
        f"{backfill.dataset}: another contract was deployed since {backfill.backfill_id} was"
        " planned",
        why="Half of the rows would follow the one, half the other.",
        remedy="Start the backfill again: it begins anew by the contract of today.",
    )


def withheld(
    ledger: Ledger, dataset: str, mark: str, published: Iterable[Summary]
) -> tuple[str, ...]:
    """Batches of which bronze may hold rows that don't count: staged ones, not published yet.

    Bronze is to be looked at before this is asked: a batch that is staged meanwhile is in neither.
    A batch that silver holds and the ledger hasn't heard of counts as published. What an attempt at
    the same chunk has copied is left out, too: each attempt reads the same.

    Args:
        published: summaries of silver's snapshots.
    """
    unfinished = [batch for batch in ledger.unfinished_batches() if batch.dataset == dataset]
    there = recovered(published, unfinished)
    staged = {batch.batch_id for batch in unfinished} - there.keys()
    return tuple(sorted({*staged, refused_batch(dataset, mark)}))


def committed(published: Iterable[Summary], mark: str) -> tuple[BackfillCounts, int] | None:
    """The counts and the sequence of what an attempt has published without telling the ledger.

    Args:
        published: summaries of silver's snapshots.
        mark: of the chunk.
    """
    for summary in published:
        found = json.loads(summary.get(OUTCOMES_PROPERTY, "{}"))
        if mark in found:
            log.info("%s is in a snapshot already", mark)
            return BackfillCounts.from_dict(found[mark]), int(summary[SEQUENCE_PROPERTY])
    return None


def commit_properties(mark: str, counts: BackfillCounts, sequence: int) -> dict[str, str]:
    """Snapshot properties of the commit to silver that is a chunk's."""
    return {
        BATCHES_PROPERTY: mark,
        OUTCOMES_PROPERTY: json.dumps({mark: counts.to_dict()}),
        SEQUENCE_PROPERTY: str(sequence),
        DELETED_PROPERTY: str(counts.deleted),
    }


def compared(
    mark: str, *, records: int, rejected: int, keys: int, actions: Mapping[str, int]
) -> BackfillCounts:
    """What was looked at, and what of it differs; each number by a count of its own.

    Args:
        actions: keys by what is to become of their rows.

    Raises:
        BooksUnbalanced: a key was compared twice or not at all.
    """
    counts = BackfillCounts(
        records=records,
        rejected=rejected,
        keys=keys,
        **{_COUNTED[action]: number for action, number in actions.items()},
    )
    if not counts.balanced:
        raise BooksUnbalanced(
            f"{mark}: {counts.keys} keys, {counts.told} outcomes",
            why="Each key is compared once; nothing was published.",
            remedy="Look for keys that stand twice in the table.",
        )
    return counts


def refused_batch(dataset: str, mark: str) -> str:
    """Id of the batch that the records become which a chunk refuses."""
    return f"{dataset}-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"


def place_of(ledger: Ledger, batches: Iterable[str]) -> int:
    """How old a batch of their records is: as old as the oldest; 0 for none."""
    return min((ledger.batch(name).place for name in batches), default=0)


class Replayed:
    """Which rows of quarantine replays have taken, or are about to: those aren't a backfill's."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, int] = {}

    def among(self, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of the rows that a replay has; rows are (batch, reasons as JSON)."""
        self._known = {}
        found = []
        for batch, reasons in rows:
            replays = self._ledger.replays(batch)
            self._known[batch] = len(replays)
            if taker(replays, json.loads(reasons)):
                found.append((batch, reasons))
        return found

    def check(self, table: str) -> None:
        """Look again, before rows are taken out.

        Raises:
            Overtaken: a replay was opened meanwhile, and may want one of them.
        """
        for name, before in self._known.items():
            if len(self._ledger.replays(name)) != before:
                raise overtaken(table)
