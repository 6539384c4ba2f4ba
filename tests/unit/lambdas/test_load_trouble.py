"""What a load does where its statement is slow, fails or is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from dataplatform.adapters.warehouse import StatementUnknown, Status
from dataplatform.errors import WarehouseLoadFailed
from dataplatform.ledger import Ledger
from lambdas.confirm_load.logic import MAX_ATTEMPTS, confirm_load
from lambdas.loads import Loader, LoadState
from tests.unit.support.ledgers import built
from tests.unit.support.loads import MODEL, FailingWarehouse, plan_with

PASSING = Status(state="FAILED", error="ERROR: 1023 DETAIL: Serializable isolation violation")


def waiting(ledger: Ledger, warehouse: FailingWarehouse) -> tuple[Loader, dict[str, Any]]:
    ledger.open_run("r1", "execution", "{}")
    built(ledger, MODEL, "r1")
    loader = Loader(ledger, plan_with(), warehouse, "role")  # type: ignore[arg-type]
    return loader, loader.start("r1", MODEL)


def test_a_load_under_way_is_looked_at_again(ledger: Ledger) -> None:
    loader, state = waiting(ledger, FailingWarehouse(Status(state="STARTED")))
    assert confirm_load(loader, LoadState.from_event(state)) == {**state, "done": False}


def test_a_passing_error_is_tried_again_a_few_times(ledger: Ledger) -> None:
    warehouse = FailingWarehouse(*[PASSING] * MAX_ATTEMPTS)
    loader, state = waiting(ledger, warehouse)
    for _ in range(MAX_ATTEMPTS - 1):
        state = confirm_load(loader, LoadState.from_event(state))
        assert not state["done"]
    with pytest.raises(WarehouseLoadFailed, match="Serializable"):
        confirm_load(loader, LoadState.from_event(state))
    assert len(set(warehouse.names)) == MAX_ATTEMPTS, "each attempt is a transaction of its own"
    assert len(ledger.pending_loads(MODEL)) == 1


def test_an_error_in_the_data_fails_at_once(ledger: Ledger) -> None:
    loader, state = waiting(ledger, FailingWarehouse(Status(state="FAILED", error="Spectrum")))
    with pytest.raises(WarehouseLoadFailed, match="Spectrum"):
        confirm_load(loader, LoadState.from_event(state))
    step = ledger.steps("r1")[-1]
    assert (step.state, step.dataset) == ("failed", MODEL)


def test_a_forgotten_statement_is_submitted_again(ledger: Ledger) -> None:
    gone = StatementUnknown("gone")
    warehouse = FailingWarehouse(gone, Status(state="FINISHED", rows=1))
    loader, state = waiting(ledger, warehouse)
    state = confirm_load(loader, LoadState.from_event(state))
    assert not state["done"]
    state = confirm_load(loader, LoadState.from_event(state))
    assert state["done"]
    assert ledger.pending_loads(MODEL) == []


def test_nothing_to_load_is_done(ledger: Ledger) -> None:
    ledger.open_run("r1", "execution", "{}")
    loader = Loader(ledger, plan_with(), FailingWarehouse(), "role")  # type: ignore[arg-type]
    state = loader.start("r1", MODEL)
    assert state["done"]
    assert confirm_load(loader, LoadState.from_event(state))["done"]
