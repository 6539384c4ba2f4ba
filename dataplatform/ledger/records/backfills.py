"""Backfills as values: what is derived anew, chunk by chunk, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Final, Literal, Self

from dataplatform.naming import Engine

MAX_CHUNKS: Final = 64
"""They are planned in one transaction, which has room for a hundred writes."""

BackfillState = Literal["open", "done", "superseded"]
"""`superseded`: begun by a plan that isn't today's; what it changed stays and is looked at anew."""

ChunkState = Literal["pending", "done", "failed"]


def backfill_lease(dataset: str) -> str:
    """The lease under which one backfill of a dataset goes on at a time."""
    return f"backfill:{dataset}"


def chunk_mark(backfill_id: str, number: int) -> str:
    """By which a chunk's commits are found, in silver and in quarantine."""
    return f"{backfill_id}.{number}"


@dataclass(frozen=True, kw_only=True)
class BackfillCounts:
    """What came of deriving rows anew: keys = kept + absent + inserted + updated
    + deleted.

    records: of bronze that were looked at; `rejected` of them break today's rules.
    kept: keys whose row is as bronze says already. absent: keys that have no row, as bronze says:
        what was sent of them last was a delete, or today's rules refuse all of it. (Chunks that
        were done before these were told apart have both in `kept`.)
    quarantined: rejected records that weren't in quarantine; released: those that were in it and
        are good now.
    """

    records: int = 0
    rejected: int = 0
    keys: int = 0
    kept: int = 0
    absent: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    quarantined: int = 0
    released: int = 0

    @property
    def changed(self) -> int:
        """Rows of silver that aren't what they were."""
        return self.inserted + self.updated + self.deleted

    @property
    def balanced(self) -> bool:
        """Whether every key was compared, once."""
        return self.keys == self.told

    @property
    def told(self) -> int:
        """Keys of which is said what became of their rows."""
        return self.kept + self.absent + self.changed

    def __add__(self, other: BackfillCounts) -> BackfillCounts:
        return BackfillCounts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def to_dict(self) -> dict[str, int]:
        """Counts by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, counts: Mapping[str, int]) -> Self:
        """Read what `to_dict` wrote; a count left out is 0, other keys are ignored."""
        return cls(**{f.name: int(counts.get(f.name, 0)) for f in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """One backfill of a dataset.

    since, until: UTC, half open: when the objects arrived whose records' keys are derived anew.
    mark: of the plan that derives; another plan's chunks don't count.
    rows, bytes: of bronze that are read, of all days; batches: those that arrived in the window,
        with `window_rows` records.
    execution: that works on it, or did last.
    engine: that its chunks were planned for; reason: why, for people.
    """

    backfill_id: str
    dataset: str
    since: str
    until: str
    mark: str
    chunks: int
    state: BackfillState = "open"
    execution: str = ""
    engine: Engine = "duckdb"
    reason: str = ""
    batches: int = 0
    window_rows: int = 0
    rows: int = 0
    bytes: int = 0
    opened_at: str = ""
    ended_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """The keys of a backfill whose hash modulo `of` is `number`.

    sequence: of the commit that carries it; 0 where nothing changed.
    error: why it has failed.
    engine: that does it; reason: why Spark does where functions were planned, else "".
    """

    backfill_id: str
    number: int
    of: int
    state: ChunkState = "pending"
    counts: BackfillCounts = field(default_factory=BackfillCounts)
    sequence: int = 0
    error: str = ""
    engine: Engine = "duckdb"
    reason: str = ""

    def condition(self, part: str) -> str:
        """SQL that is true of a record with one of its keys; `part` is `SilverSql.part`."""
        return "true" if self.of == 1 else f"{part} % {self.of} = {self.number}"

    @property
    def waits_for_spark(self) -> bool:
        """Whether the job has it to do."""
        return self.engine == "spark" and self.state == "pending"


@dataclass(frozen=True)
class Rejudged:
    """What a chunk did to quarantine.

    batch_id: of the batch that its refused records become; there is none where `refused` is 0.
    released: rows taken out, by the batch whose they were.
    place: how old the batch's records are, as `Batch.place`.
    """

    batch_id: str
    refused: int
    released: Mapping[str, int]
    place: int

    @property
    def change(self) -> int:
        """Rows that quarantine has more."""
        return self.refused - sum(self.released.values())

    def to_json(self) -> str:
        """As the commit carries it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
