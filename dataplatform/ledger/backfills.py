"""Backfills in the ledger: planned, resumed and ended; each chunk done once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, fields

from boto3.dynamodb.conditions import Attr

from dataplatform.errors import TransitionRefused
from dataplatform.ledger.records import (
    MAX_CHUNKS,
    Backfill,
    BackfillCounts,
    BackfillState,
    Chunk,
    Lease,
    TableSize,
)
from dataplatform.ledger.rejudging import Rejudging
from dataplatform.ledger.writes import ABSENT, Item, Refused, Write, put, update


class Backfills(Rejudging):
    """Backfills and their chunks: pending -> done; failed until the backfill is resumed.

    A chunk goes from functions to Spark, as a dataset does in a run, and never back.
    """

    def open_backfill(self, planned: Backfill) -> Backfill:
        """Note a new backfill with all of its chunks pending; its id is made here."""
        if not 1 <= planned.chunks <= MAX_CHUNKS:
            raise ValueError(f"{planned.chunks} chunks; a backfill has 1 to {MAX_CHUNKS}")
        backfill_id = f"backfill-{planned.dataset}-{secrets.token_hex(6)}"
        at = self.now()
        item = {**asdict(planned), "backfill_id": backfill_id, "state": "open", "opened_at": at}
        pointer = {"pk": f"backfills#{planned.dataset}", "sk": f"{at}#{backfill_id}"}
        chunks = [put(_chunk_item(chunk), ABSENT) for chunk in _pending(backfill_id, planned)]
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

    def leave_chunk_to_spark(self, backfill_id: str, number: int, reason: str) -> Chunk:
        """Note that the job does a chunk that a function can't; one that is done stays so."""
        head, sk = f"backfill#{backfill_id}", _chunk_key(number)
        sets = {"state": "pending", "error": "", "engine": "spark", "reason": reason[:2000]}
        with suppress(Refused):
            self._write(update(head, sk, sets=sets, where=Attr("state").ne("done")))
        return self.chunk(backfill_id, number)

    def chunk_failed(self, backfill_id: str, number: int, error: str) -> None:
        """Note why a chunk couldn't be done; one that is done stays so."""
        head, sk = f"backfill#{backfill_id}", _chunk_key(number)
        sets = {"state": "failed", "error": error[:2000]}
        with suppress(Refused):
            self._write(update(head, sk, sets=sets, where=Attr("state").ne("done")))

    def chunk_done(
        self,
        backfill: Backfill,
        number: int,
        counts: BackfillCounts,
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
            lease: of the silver table, which must still be held; nothing is left to do under it, so
                it is given back with the same write.

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
            *self._follow(backfill.dataset, counts, sequence, live, size),
        ]
        try:
            self._write_under(lease, *writes, last=True)
        except Refused as refused:
            if self.chunk(backfill.backfill_id, number).state == "done":
                return False
            raise TransitionRefused(
                f"{backfill.backfill_id}: chunk {number} can't be noted: the books have moved",
                why="Rows, books and sequence of a table go together.",
                remedy="Start the backfill again: it finds its commit and notes it.",
            ) from refused
        return True

    def _follow(
        self, dataset: str, counts: BackfillCounts, sequence: int, live: int, size: TableSize
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


def _pending(backfill_id: str, planned: Backfill) -> Iterator[Chunk]:
    for number in range(planned.chunks):
        yield Chunk(
            backfill_id=backfill_id, number=number, of=planned.chunks, engine=planned.engine
        )


def _chunk_key(number: int) -> str:
    return f"chunk#{number:04d}"


def _chunk_item(chunk: Chunk) -> Item:
    key = {"pk": f"backfill#{chunk.backfill_id}", "sk": _chunk_key(chunk.number)}
    return {**key, **asdict(chunk), "counts": chunk.counts.to_dict()}


def _chunk(item: Item) -> Chunk:
    known = {f.name: item[f.name] for f in fields(Chunk) if f.name in item}
    return Chunk(**{**known, "counts": BackfillCounts.from_dict(item["counts"])})
