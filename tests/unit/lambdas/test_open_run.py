from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dataplatform.errors import InvalidRunInput, LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE
from lambdas.open_run.logic import open_run
from lambdas.pipeline_lease import RUN_LEASE_SECONDS
from tests.unit.lambdas.conftest import States
from tests.unit.support.ledgers import Clock
from tests.unit.support.plans import dataset, platform

PLAN = platform((dataset("sales", "api"), dataset("products")))
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def opening(ledger: Ledger, states: States, execution: str, raw: Any = None) -> dict[str, Any]:
    return open_run(ledger, PLAN, states, raw=raw or {}, execution=execution, now=NOW)


def test_an_empty_input_opens_a_run_of_all_datasets(ledger: Ledger, states: States) -> None:
    answer = opening(ledger, states, "arn:1")
    assert answer["datasets"] == ["sales", "products"]
    assert answer["sources"] == [{"dataset": "sales"}]
    run = ledger.run(answer["run_id"])
    assert (run.state, run.execution) == ("running", "arn:1")
    assert [step.name for step in ledger.steps(run.run_id)] == ["open"]


def test_an_input_narrows_the_run(ledger: Ledger, states: States) -> None:
    answer = opening(ledger, states, "arn:1", {"datasets": ["products"], "to": "2026-11-21"})
    assert (answer["datasets"], answer["sources"]) == (["products"], [])
    assert ledger.run(answer["run_id"]).input == (
        '{"datasets": ["products"], "to": "2026-11-21T00:00:00Z"}'
    )


def test_a_wrong_input_takes_no_lease_and_opens_no_run(ledger: Ledger, states: States) -> None:
    with pytest.raises(InvalidRunInput):
        opening(ledger, states, "arn:1", {"datasets": ["nothing"]})
    assert ledger.lease_holder(PIPELINE_LEASE) is None
    assert ledger.runs() == []


def test_a_retry_of_the_same_execution_continues_its_run(ledger: Ledger, states: States) -> None:
    assert opening(ledger, states, "arn:1") == opening(ledger, states, "arn:1")
    assert len(ledger.runs()) == 1


def test_another_execution_waits_while_the_holder_runs(ledger: Ledger, states: States) -> None:
    opening(ledger, states, "arn:1")
    states.status["arn:1"] = "RUNNING"
    with pytest.raises(LeaseHeld):
        opening(ledger, states, "arn:2")
    assert len(ledger.runs()) == 1


@pytest.mark.parametrize("ended", ["FAILED", "TIMED_OUT", "ABORTED", None])
def test_a_run_whose_execution_died_gives_way_at_once_and_is_marked(
    ledger: Ledger, states: States, ended: str | None
) -> None:
    dead = opening(ledger, states, "arn:1")["run_id"]
    if ended:
        states.status["arn:1"] = ended
    answer = opening(ledger, states, "arn:2")
    holder = ledger.lease_holder(PIPELINE_LEASE)
    assert holder is not None and holder.owner == answer["run_id"]
    assert ledger.run(dead).state == "failed"
    assert "the execution ended as" in ledger.run(dead).error


def test_a_lease_whose_execution_is_unknown_is_waited_for(
    ledger: Ledger, states: States, clock: Clock
) -> None:
    ledger.acquire_lease(PIPELINE_LEASE, "by-hand", RUN_LEASE_SECONDS)
    with pytest.raises(LeaseHeld, match="by-hand"):
        opening(ledger, states, "arn:2")
    clock.forward(RUN_LEASE_SECONDS)
    assert opening(ledger, states, "arn:2")["run_id"]


def test_a_first_try_that_died_before_noting_its_run_does_not_block_its_retry(
    ledger: Ledger, states: States
) -> None:
    ledger.acquire_lease(PIPELINE_LEASE, "2026-lost", RUN_LEASE_SECONDS, note="arn:1")
    states.status["arn:1"] = "RUNNING"
    answer = opening(ledger, states, "arn:1")
    holder = ledger.lease_holder(PIPELINE_LEASE)
    assert holder is not None and holder.owner == answer["run_id"]
