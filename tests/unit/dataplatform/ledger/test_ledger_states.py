"""Whatever happens in whatever order: one holder, one batch an object, one outcome a record."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from dataplatform.errors import LeaseHeld, TransitionRefused
from dataplatform.ledger.records import Lease, Outcomes
from dataplatform.ledger.states import BATCH_MOVES, allowed
from tests.unit.support.ledgers import landed, ledgers

RUNS = st.sampled_from(["run-a", "run-b"])
COUNTS = st.tuples(st.integers(0, 9), st.integers(0, 2))  # rows, unreadable
LEASE = "table:p"


class LedgerStates(RuleBasedStateMachine):
    """Two runs that interleave, die, retry and come back, over one dataset."""

    batches = Bundle("batches")
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.ledger, self.clock = self.stack.enter_context(ledgers())
        self.registered: set[str] = set()
        self.rows: dict[str, int] = {}
        self.published: dict[str, Outcomes] = {}
        self.states: dict[str, str] = {}

    def teardown(self) -> None:
        self.stack.close()

    @rule(number=st.integers(0, 12))
    def an_object_event_arrives_perhaps_again(self, number: int) -> None:
        new = self.ledger.register_object(landed(str(number), dataset="p"))
        assert new == (f"p/{number}" not in self.registered)
        self.registered.add(f"p/{number}")

    @rule(target=batches, run=RUNS, take=st.integers(1, 4))
    def a_run_claims_what_is_due(self, run: str, take: int) -> object:
        due = self.ledger.due_objects("p")[:take]
        if not due:
            return multiple()
        batch = self.ledger.open_batch(run, "p", due)
        with pytest.raises(TransitionRefused):
            self.ledger.open_batch(run, "p", due)
        return batch.batch_id

    @rule(target=batches, run=RUNS, number=st.integers(13, 99), counts=COUNTS)
    def an_object_goes_as_far_as_bronze(
        self, run: str, number: int, counts: tuple[int, int]
    ) -> object:
        self.an_object_event_arrives_perhaps_again(number)
        batch = self.a_run_claims_what_is_due(run, 1)
        if isinstance(batch, str):
            self.a_batch_is_staged(batch, counts)
        return batch

    @rule(batch=batches, counts=COUNTS)
    def a_batch_is_staged(self, batch: str, counts: tuple[int, int]) -> None:
        rows, unreadable = counts
        source = rows + unreadable
        before = self.ledger.batch(batch)
        try:
            self.ledger.batch_staged(batch, source=source, unreadable=unreadable, rows=rows)
        except TransitionRefused:
            assert before.state != "claimed"
            return
        assert self.rows.setdefault(batch, rows) == rows
        assert before.state in ("claimed", "staged")

    @rule(batch=batches, run=RUNS)
    def a_run_adopts_a_batch(self, batch: str, run: str) -> None:
        try:
            adopted = self.ledger.adopt_batch(batch, run)
        except TransitionRefused:
            assert batch in self.published
            return
        assert adopted.state == ("staged" if batch in self.rows else "claimed")

    @rule(run=RUNS)
    def a_dataset_fails(self, run: str) -> None:
        self.ledger.fail_dataset(run, "p", "broke")

    @rule(target=leases, run=RUNS, seconds=st.integers(1, 30))
    def a_run_wants_the_lease(self, run: str, seconds: int) -> object:
        holder = self._holder()
        try:
            lease = self.ledger.acquire_lease(LEASE, run, seconds)
        except LeaseHeld:
            assert holder is not None and holder != run
            return multiple()
        assert holder in (None, run)
        return lease

    @rule(target=leases)
    def a_holder_is_overtaken(self) -> object:
        self.clock.forward(60)
        slow = self.ledger.acquire_lease(LEASE, "run-a", 1)
        self.clock.forward(2)
        self.ledger.acquire_lease(LEASE, "run-b", 10)
        return slow

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule(lease=leases)
    def a_lease_is_given_back_perhaps_too_late(self, lease: Lease) -> None:
        current = self._is_current(lease)
        assert self.ledger.release_lease(LEASE, lease.owner, token=lease.token) == current

    @rule(batch=batches, lease=leases, data=st.data())
    def a_batch_is_published_under_a_lease_perhaps_lost(
        self, batch: str, lease: Lease, data: st.DataObject
    ) -> None:
        rows = self.rows.get(batch, 0)
        inserted = data.draw(st.integers(0, rows))
        outcomes = Outcomes(inserted=inserted, duplicate=rows - inserted)
        live = self.ledger.totals("p").live + inserted
        before = self.ledger.batch(batch)
        current = self._is_current(lease)
        try:
            new = self.ledger.publish_batch(batch, outcomes, sequence=1, live=live, lease=lease)
        except LeaseHeld:
            assert not current
            return
        except TransitionRefused:
            assert before.state != "staged"
            return
        if new:
            assert current and before.state == "staged" and batch not in self.published
            self.published[batch] = self.ledger.batch(batch).outcomes
        else:
            assert batch in self.published

    def _holder(self) -> str | None:
        holder = self.ledger.lease_holder(LEASE)
        return holder.owner if holder else None

    def _is_current(self, lease: Lease) -> bool:
        item = self.ledger._get(f"lease#{LEASE}", "lease") or {}
        return (item.get("owner"), item.get("token")) == (lease.owner, lease.token)

    @invariant()
    def every_object_is_due_or_in_one_batch(self) -> None:
        places = [o.key for o in self.ledger.due_objects("p")]
        for run in ("run-a", "run-b"):
            for batch in self.ledger.run_batches(run):
                objects = self.ledger.batch_objects(batch.batch_id)
                assert len(objects) == batch.objects
                places += [o.key for o in objects]
        assert sorted(places) == sorted(self.registered)

    @invariant()
    def no_batch_moves_but_as_it_is_written(self) -> None:
        found = [b for run in ("run-a", "run-b") for b in self.ledger.run_batches(run)]
        for batch in found:
            before = self.states.get(batch.batch_id, "")
            # A batch that a rule opens may be staged by the same rule.
            steps = (
                [(before, batch.state)] if before else [("", "claimed"), ("claimed", batch.state)]
            )
            for step in steps:
                assert allowed(BATCH_MOVES, *step), step
            self.states[batch.batch_id] = batch.state

    @invariant()
    def the_books_balance(self) -> None:
        totals = self.ledger.totals("p")
        assert totals.balanced
        assert totals.outcomes == sum(self.published.values(), Outcomes())

    @invariant()
    def what_is_not_published_is_unfinished(self) -> None:
        unfinished = {batch.batch_id for batch in self.ledger.unfinished_batches()}
        states = {
            b.batch_id: b.state for r in ("run-a", "run-b") for b in self.ledger.run_batches(r)
        }
        assert unfinished == {batch for batch, state in states.items() if state != "published"}
        assert set(states) - unfinished == set(self.published)


def test_claims_leases_and_books_hold_in_every_order() -> None:
    run_state_machine_as_test(
        LedgerStates,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
