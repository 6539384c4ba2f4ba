"""Which snapshots may be forgotten: never one that somebody will still ask the table for.

A commit says in its snapshot what it did. A batch that was killed before the ledger heard of its
commit is found there, and a model that reads changed rows finds there whether rows were deleted.
Readers walk back from the newest snapshot and stop where a parent is missing; so what is forgotten
is always the oldest part of a history, without a gap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dataplatform.naming import BATCHES_PROPERTY, SEQUENCE_PROPERTY

REWRITE: Final = "replace"
"""Iceberg's operation of a commit that changes files and no row."""

_OPERATION: Final = "operation"
_BETWEEN_MARKS: Final = re.compile("[,;]")


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A snapshot, as far as its place in the history goes; `at` is milliseconds since 1970."""

    snapshot_id: int
    at: int
    summary: Mapping[str, str]

    @property
    def rewrites(self) -> bool:
        """Whether it changed files and no row."""
        return self.summary.get(_OPERATION) == REWRITE

    @property
    def sequence(self) -> int | None:
        """The dataset's sequence that it published."""
        found = self.summary.get(SEQUENCE_PROPERTY)
        return None if found is None else int(found)

    @property
    def batches(self) -> frozenset[str]:
        """Batches that it carries, whichever step put them there (`silver:sales-1f0c…`)."""
        marks = _BETWEEN_MARKS.split(self.summary.get(BATCHES_PROPERTY, ""))
        return frozenset(mark.rpartition(":")[2] for mark in marks if mark)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What of a table's history will still be asked for.

    batches: not published yet; a retry looks whether they are in the table.
    sequence: of a silver table, the lowest that a model which reads changed rows has consumed; what
        was deleted since must be found. None where no model asks.
    snapshots: of a gold table, those up to which a model that reads new rows has read.
    exports: changes that the warehouse hasn't loaded yet: their files are named one by one.
    """

    batches: frozenset[str] = field(default_factory=frozenset)
    sequence: int | None = None
    snapshots: frozenset[int] = field(default_factory=frozenset)
    exports: bool = False


def forgettable(lineage: Sequence[Commit], needs: Needs, *, before: int, keep: int) -> list[Commit]:
    """The oldest commits of a history that nobody needs, oldest first.

    Args:
        lineage: the newest commit and its ancestors, newest first.
        before: milliseconds since 1970; younger commits stay, for readers that are under way and
            for people who look back.
        keep: how many of the newest stay, however old.
    """
    if needs.exports:
        return []
    wanted = {commit.snapshot_id for commit in (*lineage[:keep], *_last_changes(lineage))}
    wanted |= needs.snapshots
    wanted |= {commit.snapshot_id for commit in _since(lineage, needs.sequence)}
    found = []
    for commit in reversed(lineage):
        if commit.snapshot_id in wanted or commit.at >= before or commit.batches & needs.batches:
            break
        found.append(commit)
    return found


def _last_changes(lineage: Sequence[Commit]) -> list[Commit]:
    """The newest commit that changed rows: it says what the table is made from."""
    return [commit for commit in lineage if not commit.rewrites][:1]


def _since(lineage: Sequence[Commit], sequence: int | None) -> list[Commit]:
    """The commit at which a reader of changes can stop looking back, or all that have a number."""
    if sequence is None:
        return []
    numbered = [commit for commit in lineage if commit.sequence is not None]
    for commit in numbered:
        if commit.sequence is not None and commit.sequence <= sequence:
            return [commit]
    return numbered
