"""Batches, and what became of the records in them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, fields
from typing import Literal, Self

BatchState = Literal["claimed", "staged", "published", "failed"]


def new_batch_id(dataset: str) -> str:
    """ "sales-1f0c9d2ab34e": unique without a coordinator."""
    return f"{dataset}-{secrets.token_hex(6)}"


def dataset_of(batch_id: str) -> str:
    """The dataset that a batch's id was made for."""
    return batch_id.rpartition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What became of records; each record has exactly one outcome."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    duplicate: int = 0
    quarantined: int = 0

    @property
    def total(self) -> int:
        """Records with an outcome: equals `source` where the books balance."""
        return self.inserted + self.updated + self.deleted + self.duplicate + self.quarantined

    @property
    def changed(self) -> int:
        """Records that change silver."""
        return self.inserted + self.updated + self.deleted

    def __add__(self, other: Outcomes) -> Outcomes:
        return Outcomes(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def to_dict(self) -> dict[str, int]:
        """Counts by name, as they are kept and shown."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_dict(cls, counts: dict[str, int]) -> Self:
        """Read what `to_dict` wrote; a count left out is 0, other keys are ignored."""
        return cls(**{f.name: int(counts.get(f.name, 0)) for f in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Landed objects of one dataset that go through the lake together.

    source: records counted at staging: `rows` + `unreadable`.
    rows: records staged in bronze.
    unreadable: records quarantined at staging; an object that can't be parsed counts as one.
    live: rows of the silver table after the commit that carried the batch, by count(*).
    attempts: runs that have had it.
    newest: when the last of its objects arrived.
    spark_stages: why Spark stages it; "" where a function does.
    origin: of a replay the batch whose quarantined rows it takes, those with a `reason` that no
    earlier replay has taken; "" for landed objects.
    taken: rows that a replay takes from quarantine, counted at staging.
    order: of a replay the place of its origin among the dataset's publications.
    replayed: rows of the batch in quarantine that published replays, or backfills, have taken.
    warned: records that passed with a warning.
    """

    batch_id: str
    run_id: str
    dataset: str
    state: BatchState
    objects: int = 0
    bytes: int = 0
    source: int = 0
    unreadable: int = 0
    rows: int = 0
    outcomes: Outcomes = field(default_factory=Outcomes)
    sequence: int = 0
    live: int = 0
    attempts: int = 1
    error: str = ""
    newest: str = ""
    spark_stages: str = ""
    origin: str = ""
    reason: str = ""
    taken: int = 0
    order: int = 0
    replayed: int = 0
    warned: int = 0

    @property
    def waiting(self) -> int:
        """Its records that are in quarantine still."""
        return self.outcomes.quarantined - self.replayed if self.state == "published" else 0

    @property
    def place(self) -> int:
        """How new its records are: when they were published first, rejected ones included."""
        return self.order if self.origin else self.sequence

    @property
    def adopted(self) -> bool:
        """Whether an earlier run had it, and may have staged it by another contract."""
        return self.attempts > 1

    @property
    def waits_for_spark(self) -> bool:
        """Whether it is left to Spark and not staged yet."""
        return bool(self.spark_stages) and self.state == "claimed"
