from __future__ import annotations

import pytest

from dataplatform.errors import TransitionRefused
from dataplatform.ledger import Ledger
from tests.unit.support.ledgers import Clock


def test_an_execution_that_opens_its_run_again_gets_the_same_one(ledger: Ledger) -> None:
    first = ledger.open_run("r1", "arn:1", "{}")
    assert ledger.open_run("r2", "arn:1", "{}") == first
    assert [run.run_id for run in ledger.runs()] == ["r1"]


def test_a_run_id_stands_for_one_execution(ledger: Ledger) -> None:
    ledger.open_run("r1", "arn:1", "{}")
    with pytest.raises(TransitionRefused):
        ledger.open_run("r1", "arn:2", "{}")


def test_runs_are_newest_first(ledger: Ledger, clock: Clock) -> None:
    ids = []
    for number in range(5):
        ids.append(ledger.new_run_id())
        ledger.open_run(ids[-1], f"arn:{number}", "{}")
        clock.forward(1)
    assert [run.run_id for run in ledger.runs(3)] == ids[:1:-1]


def test_a_run_that_succeeded_stays_so_and_one_that_failed_may_be_redriven(
    ledger: Ledger,
) -> None:
    ledger.open_run("r1", "arn:1", "{}")
    assert ledger.close_run("r1", "failed", "broke")
    assert ledger.close_run("r1", "succeeded")
    assert not ledger.close_run("r1", "succeeded")
    with pytest.raises(TransitionRefused):
        ledger.close_run("r1", "failed")
    with pytest.raises(TransitionRefused):
        ledger.close_run("unknown", "succeeded")


def test_a_timeline_can_be_followed_from_the_last_step_seen(ledger: Ledger, clock: Clock) -> None:
    for number in range(3):
        ledger.step("r1", f"step {number}", counts={"rows": number})
        clock.forward(0.001)
    steps = ledger.steps("r1")
    assert [step.name for step in steps] == ["step 0", "step 1", "step 2"]
    assert [step.counts for step in ledger.steps("r1", after=steps[0].at)] == [
        {"rows": 1},
        {"rows": 2},
    ]


def test_a_long_detail_is_cut_so_that_the_item_stays_small(ledger: Ledger) -> None:
    ledger.step("r1", "x", detail="y" * 500_000)
    assert len(ledger.steps("r1")[0].detail) == 4000
