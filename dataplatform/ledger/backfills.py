"""Backfills: what is derived anew, chunk by chunk, and what came of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Final, Literal, Self

from boto3.dynamodb.conditions import Attr

from dataplatform.errors import TransitionRefused
from dataplatform.ledger.books import Books
from dataplatform.ledger.leases import lease_lost, still_held
from dataplatform.ledger.records import Lease, Outcomes, TableSize
from dataplatform.ledger.table import ABSENT, Item, Refused, Write, put, update

MAX_CHUNKS: Final = 64
"""They are planned in one transaction, which has room for a hundred writes."""

_BATCHES_A_WRITE: Final = 40
"""Two writes each."""

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
class Rederived:
    """What came of deriving rows anew: keys = kept + inserted + updated + deleted.

    records: of bronze that were looked at; `rejected` of them break today's rules.
    kept: keys whose row, or absence, is as bronze says already.
    quarantined: rejected records that weren't in quarantine; released: those that were in it and
        are good now.
    """

    records: int = 0
    rejected: int = 0
    keys: int = 0
    kept: int = 0
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
        return self.keys == self.kept + self.changed

    def __add__(self, other: Rederived) -> Rederived:
        return Rederived(
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
    """

    backfill_id: str
    dataset: str
    since: str
    until: str
    mark: str
    chunks: int
    state: BackfillState = "open"
    execution: str = ""
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
    """

    backfill_id: str
    number: int
    of: int
    state: ChunkState = "pending"
    counts: Rederived = field(default_factory=Rederived)
    sequence: int = 0
    error: str = ""


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


class Backfills(Books):
    """Backfills and their chunks: pending -> done; failed until the backfill is resumed."""

    def open_backfill(self, planned: Backfill) -> Backfill:
        """Note a new backfill with all of its chunks pending; its id is made here."""
        if not 1 <= planned.chunks <= MAX_CHUNKS:
            raise ValueError(f"{planned.chunks} chunks; a backfill has 1 to {MAX_CHUNKS}")
        backfill_id = f"backfill-{planned.dataset}-{secrets.token_hex(6)}"
        at = self.now()
        item = {**asdict(planned), "backfill_id": backfill_id, "state": "open", "opened_at": at}
        pointer = {"pk": f"backfills#{planned.dataset}", "sk": f"{at}#{backfill_id}"}
        chunks = [
            put(_chunk_item(Chunk(backfill_id=backfill_id, number=n, of=planned.chunks)), ABSENT)
            for n in range(planned.chunks)
        ]
        self._write(
            put({"pk": f"backfill#{backfill_id}", "sk": "backfill", **item}, ABSENT),
            put({**pointer, "backfill_id": backfill_id}),
            *chunks,
        )
        return self.backfill(backfill_id)

    def backfill(self, backfill_id: str) -> Backfill:
        """One backfill; KeyError where there is none."""
        item = self._get(f"backfill#{backfill_id}", "backfill")
        if item is None:
            raise KeyError(backfill_id)
        return Backfill(**{f.name: item[f.name] for f in fields(Backfill) if f.name in item})

    def backfills(self, dataset: str, *, limit: int = 50) -> list[Backfill]:
        """A dataset's backfills, newest first."""
        found = self._query(f"backfills#{dataset}", newest_first=True, limit=limit)
        return [self.backfill(item["backfill_id"]) for item in found]

    def open_backfills(self, dataset: str) -> list[Backfill]:
        """Those that have something left to do."""
        return [each for each in self.backfills(dataset) if each.state == "open"]

    def chunks(self, backfill_id: str) -> list[Chunk]:
        """The chunks of a backfill, by number."""
        found = self._query(f"backfill#{backfill_id}", prefix="chunk#")
        return [_chunk(item) for item in found]

    def chunk(self, backfill_id: str, number: int) -> Chunk:
        """One chunk; KeyError where there is none."""
        item = self._get(f"backfill#{backfill_id}", _chunk_key(number))
        if item is None:
            raise KeyError(f"{backfill_id}, chunk {number}")
        return _chunk(item)

    def resume_backfill(self, backfill_id: str, execution: str) -> Backfill:
        """Let an execution go on with it: chunks that failed are pending again."""
        head = f"backfill#{backfill_id}"
        self._write(update(head, "backfill", sets={"execution": execution}))
        for chunk in self.chunks(backfill_id):
            if chunk.state == "failed":
                sets = {"state": "pending", "error": ""}
                self._write(update(head, _chunk_key(chunk.number), sets=sets))
        return self.backfill(backfill_id)

    def end_backfill(self, backfill_id: str, state: BackfillState) -> None:
        """Note that nothing is left to do, or that another plan's backfill takes over."""
        sets = {"state": state, "ended_at": self.now()}
        self._write(update(f"backfill#{backfill_id}", "backfill", sets=sets))

    def chunk_failed(self, backfill_id: str, number: int, error: str) -> None:
        """Note why a chunk couldn't be done; one that is done stays so."""
        head, sk = f"backfill#{backfill_id}", _chunk_key(number)
        sets = {"state": "failed", "error": error[:2000]}
        try:
            self._write(update(head, sk, sets=sets, where=Attr("state").ne("done")))
        except Refused:
            return

    def chunk_done(
        self,
        backfill: Backfill,
        number: int,
        counts: Rederived,
        *,
        sequence: int,
        live: int,
        size: TableSize,
        lease: Lease,
    ) -> bool:
        """Note a chunk, and what its commit made of the table, in one transaction.

        Args:
            sequence: that the commit's rows carry; 0 where nothing changed.
            live, size: of the silver table as it is now.
            lease: of the silver table, which must still be held.

        Returns:
            False where it was noted before: nothing is added twice.

        Raises:
            LeaseHeld: the lease is lost.
            TransitionRefused: the books moved meanwhile, although the lease was held.
        """
        head, sk = f"backfill#{backfill.backfill_id}", _chunk_key(number)
        done = {"state": "done", "counts": counts.to_dict(), "sequence": sequence, "error": ""}
        writes = [
            update(head, sk, sets=done, where=Attr("state").ne("done")),
            still_held(lease),
            *self._follow(backfill.dataset, counts, sequence, live, size),
        ]
        try:
            self._write(*writes)
        except Refused as refused:
            if 1 in refused.failed:
                raise lease_lost(lease.name, self.lease_holder(lease.name)) from refused
            if self.chunk(backfill.backfill_id, number).state == "done":
                return False
            raise TransitionRefused(
                f"{backfill.backfill_id}: chunk {number} can't be noted: the books have moved",
                why="Rows, books and sequence of a table go together.",
                remedy="Start the backfill again: it finds its commit and notes it.",
            ) from refused
        return True

    def rejudged(self, dataset: str, run: str, mark: str, found: Rejudged) -> None:
        """Tell the books what a chunk did to quarantine, once, however often it is said.

        The refused records are a published batch then, which can be replayed as any.
        """
        names = sorted(found.released)
        for at in range(0, len(names), _BATCHES_A_WRITE):
            self._release(mark, at, {n: found.released[n] for n in names[at:][:_BATCHES_A_WRITE]})
        if not found.refused and not found.released:
            return
        writes = [
            put({**_judged(mark, "counted"), **asdict(found), "run_id": run}, ABSENT),
            update("totals", dataset, adds={"quarantined": found.change, "rejudged": found.change}),
        ]
        if found.refused:
            counts = {"source": found.refused, "rows": found.refused, "sequence": found.place}
            outcomes = Outcomes(quarantined=found.refused).to_dict()
            head: Item = {"batch_id": found.batch_id, "run_id": run, "dataset": dataset}
            head |= {"state": "published", "sealed": True, "outcomes": outcomes, **counts}
            head |= {"attempts": 1, "opened_at": self.now(), "published_at": self.now()}
            writes.append(put({"pk": f"batch#{found.batch_id}", "sk": "batch", **head}, ABSENT))
            writes.append(self.waits_in_quarantine(dataset, found.batch_id))
        with suppress(Refused):  # told before
            self._write(*writes)

    def _release(self, mark: str, part: int, released: Mapping[str, int]) -> None:
        """Rows of these batches wait in quarantine no longer."""
        told = _judged(mark, f"released#{part:06d}")
        if self._get(told["pk"], told["sk"]):
            return
        writes = [put(told, ABSENT)]
        for name, number in released.items():
            writes += self.leaves_quarantine(self.batch(name), number)
        self._write(*writes)

    def _follow(
        self, dataset: str, counts: Rederived, sequence: int, live: int, size: TableSize
    ) -> Sequence[Write]:
        """The lifetime books after a commit: records keep their outcomes, rows came and went."""
        if not counts.changed:
            return ()
        before = self.totals(dataset).sequence
        latest: Item = {}
        if sequence >= before:  # else a later commit has told already what the table holds
            latest = {"sequence": sequence, "live": live, **asdict(size)}
        where = Attr("sequence").eq(before)
        adds = {"restored": counts.inserted, "withdrawn": counts.deleted}
        return (update("totals", dataset, sets=latest, adds=adds, where=where),)


def _judged(mark: str, what: str) -> Item:
    return {"pk": f"rejudged#{mark}", "sk": what}


def _chunk_key(number: int) -> str:
    return f"chunk#{number:04d}"


def _chunk_item(chunk: Chunk) -> Item:
    key = {"pk": f"backfill#{chunk.backfill_id}", "sk": _chunk_key(chunk.number)}
    return {**key, **asdict(chunk), "counts": chunk.counts.to_dict()}


def _chunk(item: Item) -> Chunk:
    known = {f.name: item[f.name] for f in fields(Chunk) if f.name in item}
    return Chunk(**{**known, "counts": Rederived.from_dict(item["counts"])})
