"""What the ledger holds, as values: numbers are ints, times ISO 8601 in UTC with "Z"."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Final, Literal, Self

BatchState = Literal["claimed", "staged", "published", "failed"]
RunState = Literal["running", "succeeded", "failed"]
StepState = Literal["started", "done", "failed", "skipped"]

PIPELINE_LEASE: Final = "pipeline"
"""The lease that a run of the pipeline holds; its owner is the run id."""


def table_lease(table: str) -> str:
    """The lease under which one writer at a time publishes, compacts or replays a table."""
    return f"table:{table}"


def iso(moment: datetime) -> str:
    """UTC to the second, so that times compare as text: "2026-11-21T10:04:12Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_run_id(moment: datetime) -> str:
    """Sortable by start: "2026-11-21T10:04:12Z-7f3a"."""
    return f"{iso(moment)}-{secrets.token_hex(2)}"


def new_batch_id(dataset: str) -> str:
    """ "sales-1f0c9d2ab34e": unique without a coordinator."""
    return f"{dataset}-{secrets.token_hex(6)}"


@dataclass(frozen=True, kw_only=True)
class LandedObject:
    """One version of one object in landing.

    `dataset` is "" where no contract claims the object's folder. `checksum` is S3's ETag, which
    under SSE-KMS is not a digest of the bytes. `size` is in bytes.
    """

    dataset: str
    bucket: str
    key: str
    version: str
    size: int
    checksum: str
    arrived_at: str


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
class TableSize:
    """Data files of an Iceberg table, and their bytes."""

    files: int = 0
    bytes: int = 0

    @classmethod
    def of_snapshot(cls, summary: Mapping[str, str]) -> Self:
        """What the summary of a table's newest snapshot says; nothing is read for it."""
        files, size = (summary.get(name, "0") for name in _SIZES)
        return cls(files=int(files), bytes=int(size))


_SIZES: Final = ("total-data-files", "total-files-size")
"""https://iceberg.apache.org/spec/#optional-snapshot-summary-fields"""


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
    def waits_for_spark(self) -> bool:
        """Whether it is left to Spark and not staged yet."""
        return bool(self.spark_stages) and self.state == "claimed"


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last record pulled from a source: the next pull starts after it."""

    updated_at: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to write, until `until` (epoch seconds); `token` grows with each new holding."""

    name: str
    owner: str
    token: int
    until: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution of the pipeline; `input` is the JSON that it was started with."""

    run_id: str
    execution: str
    input: str
    state: RunState
    started_at: str
    ended_at: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that a run did, at a time to the microsecond; `counts` are figures to show."""

    run_id: str
    name: str
    at: str
    dataset: str = ""
    state: StepState = "done"
    detail: str = ""
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModelState:
    """A gold model as last built, and how far the warehouse has followed.

    sequences: dataset -> last published sequence that the model has consumed.
    rows: rows of the gold table at `snapshot`, in `files` of together `bytes`; loaded_rows: rows
    the warehouse counted after loading `loaded_snapshot`.
    """

    model: str
    run_id: str
    sequences: dict[str, int]
    snapshot: int
    rows: int
    digest: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    builds: int = 0
    built_at: str = ""
    files: int = 0
    bytes: int = 0
    loaded_run: str = ""
    loaded_snapshot: int = 0
    loaded_rows: int = 0
    loaded_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Load:
    """An export of changed gold rows that the warehouse hasn't merged yet.

    `rows` is what the warehouse's table must count afterwards.
    """

    model: str
    run_id: str
    build: int
    snapshot: int
    export_uri: str
    rows: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The lifetime books of a dataset: source = all outcomes; live = inserted - deleted.

    quarantined: what is in quarantine: what a replay took has its new outcome instead.
    replayed: records that replays took from quarantine, each time that one did.
    warned: records that passed with a warning, whatever their outcome.
    newest: when the last of its published objects arrived; "" before the first.
    files, bytes: of the silver table as the newest commit left it.
    """

    dataset: str
    source: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    replayed: int = 0
    live: int = 0
    sequence: int = 0
    newest: str = ""
    files: int = 0
    bytes: int = 0
    warned: int = 0
    restored: int = 0
    withdrawn: int = 0
    rejudged: int = 0

    @property
    def outcomes(self) -> Outcomes:
        """The lifetime counts as outcomes."""
        return Outcomes(**{f.name: getattr(self, f.name) for f in fields(Outcomes)})

    @property
    def balanced(self) -> bool:
        """Whether every record has one outcome and the table holds what was inserted and kept."""
        return self.source == self.told and self.live == self.expected_live

    @property
    def told(self) -> int:
        """Records that have an outcome, each once."""
        return self.outcomes.total - self.rejudged

    @property
    def expected_live(self) -> int:
        """Rows that silver must hold."""
        return self.inserted - self.deleted + self.restored - self.withdrawn


@dataclass(frozen=True, kw_only=True)
class DatasetBooks:
    """The books of one dataset in one run; `unpublished` batches wait for a later run.

    replayed: of `source`, what was taken from quarantine.
    waiting: records that the run has quarantined and no replay has taken since.
    warned: records that passed with a warning.
    spark_stages: why Spark staged some of its batches, or is to; "" where functions did all.
    """

    dataset: str
    batches: int
    unpublished: int
    source: int
    outcomes: Outcomes
    live: int
    replayed: int = 0
    waiting: int = 0
    warned: int = 0
    error: str = ""
    spark_stages: str = ""

    @property
    def balanced(self) -> bool:
        """Whether each record of the published batches has exactly one outcome."""
        return self.source == self.outcomes.total
