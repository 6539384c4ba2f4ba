from __future__ import annotations

import json
from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE
from lambdas.start_run.logic import MAX_ATTEMPTS, start_run
from tests.unit.lambdas.conftest import States, staged
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

PLAN = platform((dataset("sales", "api"), dataset("products"), dataset("stores")))


def start(ledger: Ledger, states: States, *, pull: bool = False, plan: Any = PLAN) -> Any:
    return start_run(ledger, plan, states, machine="arn:machine", pull=pull)


def test_nothing_due_starts_nothing(ledger: Ledger, states: States) -> None:
    assert start(ledger, states) == {"started": "", "reason": "nothing is due"}
    assert states.started == []


def test_what_has_landed_starts_a_run_of_its_datasets_alone(ledger: Ledger, states: States) -> None:
    ledger.register_object(landed("a", dataset="stores"))
    ledger.register_object(landed("a", dataset="", folder="unknown"))
    assert start(ledger, states)["started"] == "arn:started:1"
    assert json.loads(states.started[0]["input"]) == {"datasets": ["stores"]}
    assert states.started[0]["stateMachineArn"] == "arn:machine"


def test_the_sources_schedule_starts_a_run_of_everything(ledger: Ledger, states: States) -> None:
    assert start(ledger, states, pull=True)["reason"] == "sales"
    assert json.loads(states.started[0]["input"]) == {}


def test_the_schedule_starts_nothing_where_there_is_no_source_and_nothing_landed(
    ledger: Ledger, states: States
) -> None:
    assert not start(ledger, states, pull=True, plan=platform((dataset("products"),)))["started"]


def test_a_run_that_goes_on_is_left_alone_and_a_dead_one_is_not_waited_for(
    ledger: Ledger, states: States
) -> None:
    ledger.register_object(landed("a"))
    ledger.acquire_lease(PIPELINE_LEASE, "run", 3600, note="arn:1")
    states.status["arn:1"] = "RUNNING"
    assert start(ledger, states)["reason"] == "a run goes on"
    states.status["arn:1"] = "FAILED"
    assert start(ledger, states)["started"]


def test_batches_that_a_dead_run_left_are_due_but_not_for_ever(
    ledger: Ledger, states: States
) -> None:
    batch = staged(ledger, "run-1", "products")
    for attempt in range(1, MAX_ATTEMPTS):
        assert start(ledger, states)["reason"] == "products"
        ledger.adopt_batch(batch.batch_id, f"run-{attempt + 1}")
    assert start(ledger, states)["reason"] == "nothing is due"
    assert start(ledger, states, pull=True)["started"]
