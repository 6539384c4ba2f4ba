"""The stage job's wiring: which batches, in which order, and what a failure touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from dataplatform.errors import AuditFailed
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch
from dataplatform.ledger.staging import STAGE_STEP, Staged, staged_in, staged_properties
from dataplatform.plans.model import SilverPlan
from glue_jobs import stage
from glue_jobs.runtime import Job
from tests.unit.glue_jobs.conftest import RUN
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

PLAN = platform((dataset("big"), dataset("small"), dataset("other")), ())


def claimed(ledger: Ledger, name: str, key: str, size: int, *, why: str = "3 GB of text") -> str:
    """A batch of one object; left to Spark where there is a reason why."""
    ledger.register_object(landed(key, dataset=name, size=size))
    batch = ledger.open_batch(RUN, name, ledger.due_objects(name))
    if why:
        ledger.leave_batch_to_spark(batch.batch_id, RUN, why)
    return batch.batch_id


@pytest.fixture
def run(
    job: Callable[..., Job], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Batch], Staged]], None]:
    """Run the job, with something in place of what touches tables."""
    connected.open_run(RUN, "arn:execution", "{}")

    def of(work: Callable[[Batch], Staged]) -> None:
        def stage_batch(job: Job, plan: SilverPlan, batch: Batch, objects: Any) -> Staged:
            assert plan.dataset == batch.dataset
            return work(batch)

        monkeypatch.setattr(Job, "start", lambda: job(PLAN, at_once=1))
        monkeypatch.setattr(stage, "stage_batch", stage_batch)
        stage.main()

    return of


def states(ledger: Ledger) -> dict[str, str]:
    return {batch.batch_id: batch.state for batch in ledger.run_batches(RUN)}


def test_what_was_left_to_spark_is_staged_the_largest_first(
    run: Callable[..., None], connected: Ledger
) -> None:
    small, big = claimed(connected, "small", "a", 9), claimed(connected, "big", "b", 10**10)
    functions = claimed(connected, "other", "c", 1, why="")
    order: list[str] = []

    def work(batch: Batch) -> Staged:
        order.append(batch.batch_id)
        return Staged(rows=3, unreadable=1)

    run(work)
    assert order == [big, small]
    assert states(connected) == {big: "staged", small: "staged", functions: "claimed"}
    assert connected.batch(big).source == 4
    done = [step for step in connected.steps(RUN) if step.state == "done"]
    assert {step.name for step in done} == {STAGE_STEP}
    assert f"{big} · spark · 3 GB of text" in {step.detail for step in done}
    assert [(used.step, used.meter) for used in connected.usage(RUN)] == [("stage", "glue")]


def test_a_batch_that_fails_fails_its_dataset_with_its_own_error_and_no_other(
    run: Callable[..., None], connected: Ledger
) -> None:
    first, second = claimed(connected, "big", "a", 900), claimed(connected, "big", "b", 90)
    other = claimed(connected, "small", "c", 1)

    def work(batch: Batch) -> Staged:
        if batch.batch_id == first:
            raise RuntimeError("out of luck")
        return Staged(rows=1)

    run(work)
    assert states(connected) == {first: "failed", second: "failed", other: "staged"}
    assert connected.failures(RUN) == {"big": "RuntimeError: out of luck"}


SUMMARY = {"added-records": "5", **staged_properties("b1", Staged(rows=5, unreadable=2))}


def test_a_commit_tells_what_it_staged() -> None:
    older: Iterable[dict[str, str]] = [{}, {"weir.batches": "b2"}]
    assert staged_in([*older, SUMMARY], "b1") == Staged(rows=5, unreadable=2)
    assert staged_in(older, "b1") is None
    empty = staged_properties("b3", Staged(unreadable=1))
    assert staged_in([empty], "b3") == Staged(unreadable=1)


def test_a_commit_that_holds_other_rows_than_it_says_stops_the_batch() -> None:
    with pytest.raises(AuditFailed, match="4 rows are in bronze, counted were 5"):
        staged_in([SUMMARY | {"added-records": "4"}], "b1")
