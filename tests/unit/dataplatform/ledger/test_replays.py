"""Each row of quarantine has one taker at most, whatever is replayed when; the books say so."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataplatform.errors import TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, Outcomes
from dataplatform.ledger.replays import Replay, taker
from tests.unit.support.ledgers import landed, ledgers

REASONS = ("malformed a: 'x'", "malformed ab: 'x'", "missing b", "c above 3: '4'")
ROWS = st.lists(
    st.lists(st.sampled_from(REASONS), min_size=1, max_size=3, unique=True), min_size=1, max_size=6
)
WANTED = st.lists(st.sampled_from(["", "malformed", "malformed a", "missing", "b", "zzz"]))


def published(ledger: Ledger, run: str = "run-1", *, good: int = 0, bad: int = 3) -> Batch:
    """A batch that left so many records in quarantine."""
    ledger.register_object(landed(run))
    batch = ledger.open_batch(run, "products", ledger.due_objects("products"))
    ledger.batch_staged(batch.batch_id, source=good + bad, unreadable=0, rows=good + bad)
    publish(ledger, batch.batch_id, good=good, bad=bad)
    return ledger.batch(batch.batch_id)


def publish(ledger: Ledger, batch_id: str, *, good: int, bad: int) -> bool:
    live = ledger.totals("products").live + good
    sequence = ledger.next_sequence("products") if good else ledger.totals("products").sequence
    outcomes = Outcomes(inserted=good, quarantined=bad)
    return ledger.publish_batch(batch_id, outcomes, sequence=sequence, live=live)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, wanted=WANTED, late=st.booleans())
def test_every_row_is_taken_once_and_the_books_balance(
    aws: None, rows: list[list[str]], wanted: list[str], late: bool
) -> None:
    """Replays are published as they are opened, or all at the end."""
    with ledgers() as (ledger, _):
        origin = published(ledger, bad=len(rows))
        opened: list[tuple[Batch, int]] = []
        taken_by: dict[int, str] = {}
        for reason in wanted:
            batch = ledger.open_replay("run-2", origin.batch_id, reason=reason)
            mine = {
                number: batch.batch_id if batch else "?"
                for number, reasons in enumerate(rows)
                if number not in taken_by and any(reason in said for said in reasons)
            }
            if batch is None:
                assert not mine, "a row that nobody has is refused"
                continue
            taken_by |= mine
            count = len(mine)
            ledger.batch_staged(batch.batch_id, source=count, unreadable=0, rows=count, taken=count)
            opened.append((batch, count))
            if not late:
                publish(ledger, batch.batch_id, good=count, bad=0)
        for batch, count in opened if late else ():
            publish(ledger, batch.batch_id, good=count, bad=0)

        replays = ledger.replays(origin.batch_id)
        assert {n: taker(replays, said) for n, said in enumerate(rows)} == {
            number: taken_by.get(number, "") for number in range(len(rows))
        }
        assert Counter(taken_by.values()) == +Counter({b.batch_id: count for b, count in opened})
        left = len(rows) - len(taken_by)
        assert ledger.batch(origin.batch_id).waiting == left
        assert [b.batch_id for b in ledger.waiting_batches("products")] == (
            [origin.batch_id] if left else []
        )
        totals = ledger.totals("products")
        assert totals.balanced and totals.source == len(rows)
        assert (totals.quarantined, totals.inserted) == (left, len(taken_by))


def test_rows_that_are_rejected_again_wait_as_the_replays_own(ledger: Ledger) -> None:
    origin = published(ledger, good=1, bad=3)
    batch = ledger.open_replay("run-2", origin.batch_id)
    assert batch is not None and (batch.origin, batch.place) == (origin.batch_id, origin.sequence)
    assert [b.batch_id for b in ledger.unfinished_batches()] == [batch.batch_id]
    ledger.batch_staged(batch.batch_id, source=3, unreadable=1, rows=2, taken=3)
    assert ledger.totals("products").quarantined == 3, "until it is published"
    outcomes = Outcomes(inserted=1, quarantined=1)
    assert ledger.publish_batch(batch.batch_id, outcomes, sequence=2, live=2)
    assert not ledger.publish_batch(batch.batch_id, outcomes, sequence=2, live=2), "once"
    totals = ledger.totals("products")
    assert totals.balanced
    assert (totals.source, totals.quarantined, totals.replayed, totals.live) == (4, 2, 3, 2)
    waits = {b.batch_id: b.waiting for b in ledger.waiting_batches("products")}
    assert waits == {batch.batch_id: 2}
    once_more = ledger.open_replay("run-3", batch.batch_id)
    assert once_more is not None and once_more.place == origin.sequence
    assert ledger.batch_objects(once_more.batch_id) == ledger.batch_objects(origin.batch_id)
    assert {b.dataset: (b.replayed, b.waiting) for b in ledger.books("run-2")} == {
        "products": (3, 2)
    }


def test_an_object_that_was_unreadable_may_hold_many_records(ledger: Ledger) -> None:
    origin = published(ledger, bad=1)
    batch = ledger.open_replay("run-2", origin.batch_id)
    assert batch is not None
    ledger.batch_staged(batch.batch_id, source=5, unreadable=0, rows=5, taken=1)
    publish(ledger, batch.batch_id, good=5, bad=0)
    totals = ledger.totals("products")
    assert totals.balanced and (totals.source, totals.quarantined) == (5, 0)


def test_what_is_not_published_cannot_be_replayed(ledger: Ledger) -> None:
    ledger.register_object(landed("a"))
    batch = ledger.open_batch("run-1", "products", ledger.due_objects("products"))
    with pytest.raises(TransitionRefused, match="can't be replayed: it is claimed"):
        ledger.open_replay("run-1", batch.batch_id)


def test_no_replay_takes_more_than_waits(ledger: Ledger) -> None:
    origin = published(ledger, bad=1)
    batch = ledger.open_replay("run-2", origin.batch_id)
    assert batch is not None
    ledger.batch_staged(batch.batch_id, source=2, unreadable=0, rows=2, taken=2)
    with pytest.raises(TransitionRefused, match="can't leave it"):
        publish(ledger, batch.batch_id, good=2, bad=0)
    assert ledger.totals("products").quarantined == 1


def test_two_replays_at_once_do_not_share_a_row(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = published(ledger, bad=1)
    seen: list[Replay] = ledger.replays(origin.batch_id)
    assert ledger.open_replay("run-2", origin.batch_id)
    with monkeypatch.context() as late:
        late.setattr(Ledger, "replays", lambda *_: seen)
        with pytest.raises(TransitionRefused, match="taken by another replay"):
            ledger.open_replay("run-3", origin.batch_id)
    assert len(ledger.replays(origin.batch_id)) == 1
