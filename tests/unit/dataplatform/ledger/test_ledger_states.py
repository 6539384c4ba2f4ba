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
    precondition,
    rule,
    run_state_machine_as_test,
)

from dataplatform.errors import LeaseHeld, TransitionRefused
from dataplatform.ledger.records import Lease, Outcomes
from tests.unit.support.ledgers import landed, ledgers

RUNS = st.sampled_from(["run-a", "run-b"])
LEASE = "table:p"


class LedgerStates(RuleBasedStateMachine):
    """Two runs that interleave, die, retry and come back, over one dataset."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.ledger, self.clock = self.stack.enter_context(ledgers())
        self.registered: set[str] = set()
        self.rows: dict[str, int] = {}
        self.published: dict[str, Outcomes] = {}
        self.holdings: dict[str, Lease] = {}

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

    @rule(batch=batches, rows=st.integers(0, 9), unreadable=st.integers(0, 2))
    def a_batch_is_staged(self, batch: str, rows: int, unreadable: int) -> None:
        counts = {"source": rows + unreadable, "unreadable": unreadable, "rows": rows}
        before = self.ledger.batch(batch)
        try:
            self.ledger.batch_staged(batch, **counts)
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

    @rule(run=RUNS, seconds=st.integers(1, 30))
    def a_run_wants_the_lease(self, run: str, seconds: int) -> None:
        holder = self._holder()
        try:
            self.holdings[run] = self.ledger.acquire_lease(LEASE, run, seconds)
        except LeaseHeld:
            assert holder is not None and holder != run
            return
        assert holder in (None, run)

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule(run=RUNS)
    def a_run_gives_its_lease_back(self, run: str) -> None:
        held = self.holdings.pop(run, None)
        if held:
            released = self.ledger.release_lease(LEASE, run, token=held.token)
            assert released == (held.token == self._token())

    @precondition(lambda self: self.holdings)
    @rule(batch=batches, run=RUNS, data=st.data())
    def a_run_publishes_under_its_lease(self, batch: str, run: str, data: st.DataObject) -> None:
        held = self.holdings.get(run)
        if held is None:
            return
        rows = self.rows.get(batch, 0)
        inserted = data.draw(st.integers(0, rows))
        outcomes = Outcomes(inserted=inserted, duplicate=rows - inserted)
        live = self.ledger.totals("p").live + inserted
        before = self.ledger.batch(batch)
        current = held.token == self._token()
        try:
            new = self.ledger.publish_batch(batch, outcomes, sequence=1, live=live, lease=held)
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

    def _token(self) -> int:
        return int((self.ledger._get(f"lease#{LEASE}", "lease") or {"token": 0})["token"])

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

    @invariant()
    def at_most_one_holding_is_current(self) -> None:
        tokens = [held.token for held in self.holdings.values()]
        assert tokens.count(self._token()) <= 1


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
