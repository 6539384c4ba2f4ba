from __future__ import annotations

from typing import Any

import pytest

from dataplatform.errors import LeaseHeld, TransitionRefused
from dataplatform.ledger import Ledger
from tests.unit.support.ledgers import Clock, built


def build(ledger: Ledger, run_id: str, snapshot: int, rows: int = 5, **other: Any) -> bool:
    said = {"sequences": {"p": 1}, **other}
    return built(ledger, "m", run_id, snapshot=snapshot, rows=rows, **said)


def test_a_build_leaves_an_export_to_load_until_it_is_loaded(ledger: Ledger) -> None:
    assert build(ledger, "r1", 2**62 + 1)
    (load,) = ledger.pending_loads("m")
    assert (load.run_id, load.snapshot, load.rows) == ("r1", 2**62 + 1, 5)
    assert ledger.load_done("m", "r1", rows=5)
    assert not ledger.load_done("m", "r1", rows=5)
    state = ledger.model("m")
    assert state is not None
    assert (state.loaded_snapshot, state.loaded_rows) == (2**62 + 1, 5)


def test_a_build_told_twice_is_loaded_once(ledger: Ledger) -> None:
    build(ledger, "r1", 1)
    ledger.load_done("m", "r1", rows=5)
    assert not build(ledger, "r1", 1)
    assert ledger.pending_loads("m") == []


def test_exports_are_loaded_oldest_first(ledger: Ledger) -> None:
    build(ledger, "r1", 900)
    build(ledger, "r2", 100)
    assert [load.run_id for load in ledger.pending_loads("m")] == ["r1", "r2"]
    with pytest.raises(TransitionRefused, match="r1 isn't loaded yet"):
        ledger.load_done("m", "r2", rows=5)


def test_a_build_without_changes_has_nothing_to_load(ledger: Ledger) -> None:
    build(ledger, "r1", 1, export_uri="")
    assert ledger.pending_loads("m") == []
    assert [state.sequences for state in ledger.models()] == [{"p": 1}]


def test_a_build_on_a_state_that_has_changed_since_is_refused(ledger: Ledger) -> None:
    build(ledger, "r1", 1)
    seen = ledger.model("m")
    build(ledger, "r2", 2)
    for known in (None, seen):
        with pytest.raises(TransitionRefused, match="by another run"):
            build(ledger, "late", 3, before=known)
    assert len(ledger.pending_loads("m")) == 2


def test_a_build_is_a_step_of_its_run(ledger: Ledger) -> None:
    build(ledger, "r1", 1, inserted=2, updated=1)
    (step,) = ledger.steps("r1")
    assert (step.name, step.dataset, step.state) == ("gold", "m", "done")
    assert step.counts == {"inserted": 2, "updated": 1, "deleted": 0}


def test_a_build_is_noted_as_the_lease_is_given_back_and_that_once(ledger: Ledger) -> None:
    with ledger.lease("table:m", "a", 60) as lease:
        assert build(ledger, "r1", 1, lease=lease)
        assert ledger.lease_holder("table:m") is None
        next_one = ledger.acquire_lease("table:m", "a", 60)
    holder = ledger.lease_holder("table:m")
    assert holder is not None and holder.token == next_one.token


def test_under_a_lease_that_is_lost_nothing_is_noted(ledger: Ledger, clock: Clock) -> None:
    lost = ledger.acquire_lease("table:m", "a", 60)
    clock.forward(60)
    ledger.acquire_lease("table:m", "b", 60)
    with pytest.raises(LeaseHeld, match="held by b"):
        build(ledger, "r1", 1, lease=lost)
    assert (ledger.models(), ledger.pending_loads("m"), ledger.steps("r1")) == ([], [], [])
