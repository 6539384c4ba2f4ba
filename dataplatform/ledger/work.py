"""What a run did for each dataset, beside what became of its records: bytes and seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dataplatform.ledger.records import Batch, Step

_OF_DATASETS: Final = frozenset({"ingest", "stage", "silver"})
"""Steps whose `dataset` is one; those of gold and the warehouse name a model there."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Of one dataset in one run.

    bytes: of the published batches' objects, as they landed.
    seconds: that its steps took, each from its first word to its last; waiting between is none.
    """

    bytes: int = 0
    seconds: float = 0.0


def work_of(batches: Iterable[Batch], steps: Iterable[Step]) -> dict[str, Work]:
    """The work of a run by dataset; one that it has neither batch nor step of isn't there."""
    landed: dict[str, int] = {}
    for batch in batches:
        published = batch.bytes if batch.state == "published" else 0
        landed[batch.dataset] = landed.get(batch.dataset, 0) + published
    took: dict[str, float] = {}
    for (name, dataset), seconds in spans_of(steps).items():
        if name in _OF_DATASETS:
            took[dataset] = took.get(dataset, 0.0) + seconds
    return {
        dataset: Work(bytes=landed.get(dataset, 0), seconds=round(took.get(dataset, 0.0), 3))
        for dataset in sorted(landed.keys() | took.keys())
    }


def spans_of(steps: Iterable[Step]) -> dict[tuple[str, str], float]:
    """Seconds from the first word to the last of each step and what it was for.

    Those between a failure and the next start aren't among them: a run may be redriven days later.
    """
    return {
        of: sum(_seconds(first.at, last.at) for first, last in found)
        for of, found in attempts_of(steps).items()
    }


def attempts_of(steps: Iterable[Step]) -> dict[tuple[str, str], list[tuple[Step, Step]]]:
    """The first and the last word of each attempt at a step; one begins anew after a failure."""
    found: dict[tuple[str, str], list[tuple[Step, Step]]] = {}
    for step in sorted(steps, key=lambda each: each.at):
        attempts = found.setdefault((step.name, step.dataset), [])
        if attempts and not (attempts[-1][1].state == "failed" and step.state == "started"):
            attempts[-1] = attempts[-1][0], step
        else:
            attempts.append((step, step))
    return found


def _seconds(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
