from __future__ import annotations

from typing import Any

import pytest

from dataplatform.errors import BooksUnbalanced, LeaseHeld, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.batches import OBJECTS_A_WRITE
from dataplatform.ledger.records import Batch, Outcomes
from tests.unit.support.ledgers import Clock, landed


def claimed(ledger: Ledger, objects: int = 1, run_id: str = "run", dataset: str = "p") -> Batch:
    for number in range(objects):
        ledger.register_object(landed(f"{run_id}-{number}", dataset=dataset))
    return ledger.open_batch(run_id, dataset, ledger.due_objects(dataset))


def staged(ledger: Ledger, rows: int = 10, unreadable: int = 0, **kwargs: Any) -> Batch:
    batch = claimed(ledger, **kwargs)
    ledger.batch_staged(batch.batch_id, source=rows + unreadable, unreadable=unreadable, rows=rows)
    return ledger.batch(batch.batch_id)


def test_a_large_claim_moves_every_object_from_due_to_the_batch(ledger: Ledger) -> None:
    objects = 2 * OBJECTS_A_WRITE + 5
    batch = claimed(ledger, objects)
    assert (batch.state, batch.objects, batch.bytes) == ("claimed", objects, objects * 100)
    assert len(ledger.batch_objects(batch.batch_id)) == objects
    assert ledger.due_objects("p") == []


def test_an_object_is_claimed_by_one_batch(ledger: Ledger) -> None:
    ledger.register_object(landed(dataset="p"))
    due = ledger.due_objects("p")
    ledger.open_batch("run", "p", due)
    with pytest.raises(TransitionRefused, match="claimed by another batch"):
        ledger.open_batch("other", "p", due)
    assert ledger.run_batches("other") == []


def test_a_claim_cut_short_is_a_valid_batch_and_leaves_the_rest_due(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = OBJECTS_A_WRITE + 3
    for number in range(objects):
        ledger.register_object(landed(str(number), dataset="p"))
    due, write, calls = ledger.due_objects("p"), ledger._write, []

    def dying(*writes: Any) -> None:
        calls.append(writes)
        if len(calls) == 2:
            raise RuntimeError("killed")
        write(*writes)

    monkeypatch.setattr(ledger, "_write", dying)
    with pytest.raises(RuntimeError):
        ledger.open_batch("dead", "p", due)
    monkeypatch.undo()
    (batch,) = ledger.unfinished_batches()
    assert batch.objects == OBJECTS_A_WRITE == len(ledger.batch_objects(batch.batch_id))
    assert len(ledger.due_objects("p")) == 3
    with pytest.raises(TransitionRefused):  # not sealed: its claim may still go on
        ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)
    ledger.adopt_batch(batch.batch_id, "next")
    assert ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)


def test_staging_is_noted_once_and_a_retry_with_the_same_counts_is_harmless(
    ledger: Ledger,
) -> None:
    batch = claimed(ledger)
    assert ledger.batch_staged(batch.batch_id, source=5, unreadable=1, rows=4)
    assert not ledger.batch_staged(batch.batch_id, source=5, unreadable=1, rows=4)
    with pytest.raises(TransitionRefused):
        ledger.batch_staged(batch.batch_id, source=6, unreadable=2, rows=4)


def test_staging_that_lost_a_record_is_refused(ledger: Ledger) -> None:
    batch = claimed(ledger)
    with pytest.raises(BooksUnbalanced, match="5 records read, 3 staged, 1 unreadable"):
        ledger.batch_staged(batch.batch_id, source=5, unreadable=1, rows=3)
    assert ledger.batch(batch.batch_id).state == "claimed"


def test_publishing_adds_to_the_lifetime_books_once(ledger: Ledger) -> None:
    batch = staged(ledger, rows=10, unreadable=2)
    outcomes = Outcomes(inserted=7, duplicate=2, quarantined=1)
    assert ledger.publish_batch(batch.batch_id, outcomes, sequence=1, live=7)
    assert not ledger.publish_batch(batch.batch_id, outcomes, sequence=1, live=7)
    totals = ledger.totals("p")
    assert (totals.source, totals.inserted, totals.quarantined, totals.live) == (12, 7, 3, 7)
    assert totals.balanced
    assert ledger.unfinished_batches() == []


def test_a_second_publication_with_other_outcomes_is_refused(ledger: Ledger) -> None:
    batch = staged(ledger)
    ledger.publish_batch(batch.batch_id, Outcomes(inserted=10), sequence=1, live=10)
    with pytest.raises(TransitionRefused, match="it is published"):
        ledger.publish_batch(batch.batch_id, Outcomes(updated=10), sequence=2, live=10)
    assert ledger.totals("p").updated == 0


@pytest.mark.parametrize("inserted", [9, 11])
def test_a_batch_whose_records_lack_or_double_outcomes_is_not_published(
    ledger: Ledger, inserted: int
) -> None:
    batch = staged(ledger, rows=10)
    with pytest.raises(BooksUnbalanced, match=f"10 records in, {inserted} outcomes"):
        ledger.publish_batch(batch.batch_id, Outcomes(inserted=inserted), sequence=1, live=9)
    assert ledger.totals("p").source == 0


def test_a_claimed_batch_cannot_be_published(ledger: Ledger) -> None:
    batch = claimed(ledger)
    with pytest.raises(TransitionRefused, match="it is claimed"):
        ledger.publish_batch(batch.batch_id, Outcomes(), sequence=1, live=0)


def test_a_holder_that_lost_its_lease_cannot_publish(ledger: Ledger, clock: Clock) -> None:
    batch = staged(ledger)
    stale = ledger.acquire_lease("table:p", "first", 10)
    clock.forward(11)
    ledger.acquire_lease("table:p", "second", 10)
    with pytest.raises(LeaseHeld, match="held by second"):
        ledger.publish_batch(
            batch.batch_id, Outcomes(inserted=10), sequence=1, live=10, lease=stale
        )
    assert ledger.batch(batch.batch_id).state == "staged"
    assert ledger.totals("p").source == 0


def test_a_commit_recovered_late_adds_its_counts_and_keeps_the_newest_live(
    ledger: Ledger,
) -> None:
    early, late = staged(ledger, rows=3, run_id="a"), staged(ledger, rows=4, run_id="b")
    ledger.publish_batch(late.batch_id, Outcomes(inserted=4), sequence=2, live=7)
    ledger.publish_batch(early.batch_id, Outcomes(inserted=3), sequence=1, live=3)
    totals = ledger.totals("p")
    assert (totals.live, totals.sequence, totals.inserted) == (7, 2, 7)
    assert totals.balanced


def test_batches_without_changes_publish_before_any_sequence_is_handed_out(
    ledger: Ledger,
) -> None:
    for run_id in ("a", "b"):
        batch = staged(ledger, rows=2, run_id=run_id)
        ledger.publish_batch(batch.batch_id, Outcomes(quarantined=2), sequence=0, live=0)
    assert ledger.totals("p").quarantined == 4
    assert ledger.totals("p").sequence == 0


def test_a_failed_dataset_waits_for_a_later_run_where_it_was(ledger: Ledger) -> None:
    batch = staged(ledger, run_id="first")
    ledger.fail_dataset("first", "p", "Boom: it broke")
    assert ledger.failures("first") == {"p": "Boom: it broke"}
    assert [b.state for b in ledger.unfinished_batches()] == ["failed"]
    adopted = ledger.adopt_batch(batch.batch_id, "second")
    assert (adopted.state, adopted.run_id, adopted.attempts) == ("staged", "second", 2)
    assert [b.batch_id for b in ledger.run_batches("second")] == [batch.batch_id]
    assert ledger.run_batches("first") == []


def test_a_published_batch_is_not_adopted(ledger: Ledger) -> None:
    batch = staged(ledger)
    ledger.publish_batch(batch.batch_id, Outcomes(inserted=10), sequence=1, live=10)
    with pytest.raises(TransitionRefused, match="can't be adopted"):
        ledger.adopt_batch(batch.batch_id, "other")


def test_sequences_are_never_handed_out_twice(ledger: Ledger) -> None:
    assert [ledger.next_sequence("p") for _ in range(3)] == [1, 2, 3]
    assert ledger.next_sequence("other") == 1
    assert ledger.totals("p").sequence == 0


def test_the_books_of_a_run_are_by_dataset(ledger: Ledger) -> None:
    first, second = staged(ledger, dataset="p"), staged(ledger, dataset="q", unreadable=1)
    ledger.publish_batch(first.batch_id, Outcomes(inserted=9, duplicate=1), sequence=1, live=9)
    ledger.fail_dataset("run", "q", "broke")
    p, q = ledger.books("run")
    assert (p.dataset, p.source, p.outcomes.inserted, p.live, p.balanced) == ("p", 10, 9, 9, True)
    assert (q.dataset, q.unpublished, q.source, q.error) == ("q", 1, 0, "broke")
    assert second.batch_id in {b.batch_id for b in ledger.run_batches("run")}


def test_a_batch_is_not_found_by_a_wrong_id(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.batch("no-such-batch")
