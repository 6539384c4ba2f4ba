from __future__ import annotations

import pytest
from botocore.exceptions import ReadTimeoutError

from dataplatform.errors import LeaseHeld
from dataplatform.ledger import Ledger
from tests.unit.support.deaths import Request, failing
from tests.unit.support.ledgers import Clock


def test_a_lease_has_one_holder(ledger: Ledger) -> None:
    ledger.acquire_lease("pipeline", "a", 60)
    with pytest.raises(LeaseHeld, match='"pipeline" is held by a'):
        ledger.acquire_lease("pipeline", "b", 60)


def test_an_expired_lease_is_taken_over_with_a_higher_token(ledger: Ledger, clock: Clock) -> None:
    first = ledger.acquire_lease("pipeline", "a", 60)
    clock.forward(60)
    assert ledger.lease_holder("pipeline") is None
    second = ledger.acquire_lease("pipeline", "b", 60)
    assert second.token > first.token


def test_its_holder_may_take_it_again(ledger: Ledger, clock: Clock) -> None:
    ledger.acquire_lease("pipeline", "a", 60)
    clock.forward(50)
    ledger.acquire_lease("pipeline", "a", 60)
    clock.forward(50)
    with pytest.raises(LeaseHeld):
        ledger.acquire_lease("pipeline", "b", 60)


def test_only_the_holder_releases(ledger: Ledger) -> None:
    held = ledger.acquire_lease("pipeline", "a", 60)
    assert not ledger.release_lease("pipeline", "b")
    assert not ledger.release_lease("pipeline", "a", token=held.token - 1)
    assert ledger.release_lease("pipeline", "a", token=held.token)
    assert not ledger.release_lease("pipeline", "a")
    assert ledger.acquire_lease("pipeline", "b", 60).token > held.token


def test_a_block_of_work_gives_its_lease_back_even_when_it_fails(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.lease("table:x", "a", 60):
        raise RuntimeError
    assert ledger.lease_holder("table:x") is None


def test_the_note_tells_what_stands_behind_the_holder(ledger: Ledger) -> None:
    ledger.acquire_lease("pipeline", "a", 60, note="arn:execution")
    holder = ledger.lease_holder("pipeline")
    assert holder is not None and (holder.owner, holder.note) == ("a", "arn:execution")


def test_a_holder_that_died_is_taken_over_before_its_lease_expires(ledger: Ledger) -> None:
    dead = ledger.acquire_lease("table:x", "killed-job", 3600)
    with pytest.raises(LeaseHeld), ledger.lease("table:x", "next-job", 60, alive=lambda _: True):
        pytest.fail("the holder lives")
    with ledger.lease("table:x", "next-job", 60, alive=lambda holder: holder != dead) as lease:
        assert (lease.owner, lease.token > dead.token) == ("next-job", True)
    assert not ledger.release_lease("table:x", "killed-job", token=dead.token)


def test_who_would_lose_work_waits_for_a_lease_but_not_for_ever(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.acquire_lease("table:t", "a", 30)
    with ledger.lease("table:t", "b", 60, patience=40) as held:
        assert held.owner == "b"
    ledger.acquire_lease("table:t", "a", 300)
    with pytest.raises(LeaseHeld), ledger.lease("table:t", "b", 60, patience=40):
        pass


def test_a_lease_of_which_nobody_knows_whether_it_was_taken_is_given_back(ledger: Ledger) -> None:
    taking = Request("UpdateItem", "lease", 0)
    with (
        failing(taking, done=True),
        pytest.raises(ReadTimeoutError),
        ledger.lease("table:orders", "a", 60),
    ):
        raise AssertionError("nobody knows that it is held")
    assert ledger.lease_holder("table:orders") is None
