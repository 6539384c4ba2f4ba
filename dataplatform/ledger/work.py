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
    spans: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        if step.name in _OF_DATASETS:
            spans.setdefault((step.dataset, step.name), []).append(step.at)
    took: dict[str, float] = {}
    for (dataset, _), moments in spans.items():
        took[dataset] = took.get(dataset, 0.0) + _seconds(min(moments), max(moments))
    return {
        dataset: Work(bytes=landed.get(dataset, 0), seconds=round(took.get(dataset, 0.0), 3))
        for dataset in sorted(landed.keys() | took.keys())
    }


def _seconds(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
