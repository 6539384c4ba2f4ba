"""Backfills in the ledger: chunks once, books once, quarantine once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dataplatform.errors import LeaseHeld, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import (
    MAX_CHUNKS,
    Backfill,
    BackfillCounts,
    Lease,
    Outcomes,
    Rejudged,
    TableSize,
)
from tests.unit.support.ledgers import Clock, landed

COUNTS = BackfillCounts(records=5, keys=4, kept=1, inserted=2, deleted=1)
PLANNED = Backfill(
    backfill_id="",
    dataset="products",
    since="2026-11-20T00:00:00Z",
    until="2026-11-21T00:00:00Z",
    mark="m",
    chunks=2,
)


def published(ledger: Ledger, outcomes: Outcomes, name: str = "a.csv") -> str:
    """A batch with these outcomes."""
    ledger.register_object(landed(name))
    batch = ledger.open_batch("run-1", "products", ledger.due_objects("products"))
    ledger.batch_staged(batch.batch_id, source=outcomes.total, unreadable=0, rows=outcomes.total)
    ledger.publish_batch(batch.batch_id, outcomes, sequence=1, live=outcomes.inserted)
    return batch.batch_id


def tell(ledger: Ledger, backfill: Backfill, lease: Lease, *, sequence: int = 2) -> bool:
    return ledger.chunk_done(
        backfill,
        0,
        COUNTS,
        sequence=sequence,
        live=4,
        size=TableSize(files=1, bytes=9),
        lease=lease,
    )


def test_a_chunk_is_told_once_and_so_are_its_rows(ledger: Ledger) -> None:
    published(ledger, Outcomes(inserted=3))
    backfill = ledger.open_backfill(PLANNED)
    lease = ledger.acquire_lease("table:t", "c", 60)
    assert tell(ledger, backfill, lease)
    assert ledger.lease_holder(lease.name) is None
    again = ledger.acquire_lease("table:t", "c", 60)
    assert not tell(ledger, backfill, again)
    assert ledger.lease_holder(lease.name) == again
    totals = ledger.totals("products")
    assert (totals.restored, totals.withdrawn, totals.live, totals.sequence) == (2, 1, 4, 2)
    assert totals.balanced and totals.expected_live == 4
    assert [chunk.state for chunk in ledger.chunks(backfill.backfill_id)] == ["done", "pending"]


def test_who_lost_the_table_tells_nothing(ledger: Ledger, clock: Clock) -> None:
    published(ledger, Outcomes(inserted=3))
    backfill = ledger.open_backfill(PLANNED)
    lost = ledger.acquire_lease("table:t", "c", 60)
    clock.forward(61)
    ledger.acquire_lease("table:t", "d", 60)
    with pytest.raises(LeaseHeld):
        tell(ledger, backfill, lost)
    assert ledger.totals("products").restored == 0


def test_a_commit_that_is_told_after_a_later_one_leaves_what_stands(ledger: Ledger) -> None:
    published(ledger, Outcomes(inserted=3))
    backfill = ledger.open_backfill(PLANNED)
    lease = ledger.acquire_lease("table:t", "c", 60)
    assert tell(ledger, backfill, lease, sequence=0)
    assert ledger.totals("products").sequence == 1


def test_what_failed_is_pending_again_when_it_is_resumed_and_what_is_done_stays(
    ledger: Ledger,
) -> None:
    published(ledger, Outcomes(inserted=3))
    backfill = ledger.open_backfill(PLANNED)
    tell(ledger, backfill, ledger.acquire_lease("table:t", "c", 60))
    for number in (0, 1):
        ledger.chunk_failed(backfill.backfill_id, number, "out of memory")
    states = [chunk.state for chunk in ledger.chunks(backfill.backfill_id)]
    assert states == ["done", "failed"]
    assert ledger.resume_backfill(backfill.backfill_id, "arn:2").execution == "arn:2"
    assert ledger.chunk(backfill.backfill_id, 1).state == "pending"
    ledger.end_backfill(backfill.backfill_id, "done")
    assert ledger.open_backfills("products") == []


def test_quarantine_is_told_once_by_batch_and_as_a_batch(ledger: Ledger) -> None:
    batch_id = published(ledger, Outcomes(inserted=2, quarantined=3))
    found = Rejudged("products-new", 2, {batch_id: 3}, 1)
    for _ in range(2):
        ledger.rejudged("products", "backfill-1", "backfill-1.0", found)
    totals = ledger.totals("products")
    assert (totals.quarantined, totals.rejudged) == (2, -1)
    assert totals.source == totals.told
    (waiting,) = ledger.waiting_batches("products")
    assert (waiting.batch_id, waiting.waiting, waiting.place) == ("products-new", 2, 1)
    assert ledger.batch(batch_id).waiting == 0


def test_no_more_leaves_quarantine_than_is_there(ledger: Ledger) -> None:
    batch_id = published(ledger, Outcomes(inserted=2, quarantined=1))
    with pytest.raises(TransitionRefused):
        ledger.rejudged("products", "b", "b.0", Rejudged("products-new", 0, {batch_id: 2}, 0))
    assert ledger.totals("products").quarantined == 1


def test_chunks_are_bounded(ledger: Ledger) -> None:
    for wrong in (0, MAX_CHUNKS + 1):
        with pytest.raises(ValueError, match="chunks"):
            ledger.open_backfill(replace(PLANNED, chunks=wrong))
    most = ledger.open_backfill(replace(PLANNED, chunks=MAX_CHUNKS))
    assert [chunk.number for chunk in ledger.chunks(most.backfill_id)] == list(range(MAX_CHUNKS))
