from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import stepfunctions as states

from embedded_aws.spark.stepfunctions import RESOURCE, install_integration
from tests.unit.support.glue import Glue

EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:pipeline:one"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:pipeline"
SYNC = f"{RESOURCE}.sync"


class Pipeline:
    """A state machine's execution that starts a job on a thread of its own, as MiniStack does."""

    def __init__(self, service: Glue, monkeypatch: pytest.MonkeyPatch) -> None:
        self.allowed = {"StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun"}
        self.result: Any = None
        self.error: Any = None
        self._task: tuple[str, dict[str, Any]] = ("", {})
        monkeypatch.setattr(states, "_run_execution", self._run)
        monkeypatch.setattr(
            "embedded_aws.spark.stepfunctions.role_allows",
            lambda role, action, resource: action.removeprefix("glue:") in self.allowed,
        )
        install_integration(service.jobs)
        states._state_machines[MACHINE] = {"roleArn": "arn:aws:iam::000000000000:role/pipeline"}
        states._executions[EXECUTION] = {"stateMachineArn": MACHINE, "status": "RUNNING"}

    def start(self, resource: str, **request: Any) -> threading.Thread:
        self._task = (resource, request)
        thread = threading.Thread(target=states._run_execution, args=[EXECUTION])
        thread.start()
        return thread

    def _run(self, _: str) -> None:
        try:
            self.result = states._invoke_resource(*self._task)
        except states._ExecutionError as error:
            self.error = error


@pytest.fixture
def pipeline(service: Glue, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    yield Pipeline(service, monkeypatch)
    states._state_machines.clear()
    states._executions.clear()


def await_queued(service: Glue) -> None:
    thread_has_run = threading.Event()
    while not service.bench.queued:
        thread_has_run.wait(0.01)


def test_sync_gives_the_run_with_times_in_milliseconds(service: Glue, pipeline: Pipeline) -> None:
    service.create()
    task = pipeline.start(SYNC, JobName="silver", Arguments={"--run_id": "r1"})
    await_queued(service)
    run = service.bench.end("SUCCEEDED")
    task.join(10)
    assert pipeline.result["JobRunState"] == "SUCCEEDED"
    assert pipeline.result["StartedOn"] == round(run.record["StartedOn"] * 1000)
    assert pipeline.result["Arguments"] == {"--run_id": "r1"}


def test_a_failed_run_fails_the_task_with_the_run_as_cause(
    service: Glue, pipeline: Pipeline
) -> None:
    service.create()
    task = pipeline.start(SYNC, JobName="silver")
    await_queued(service)
    service.bench.end("FAILED", "ValueError: bad thing")
    task.join(10)
    assert pipeline.error.error == "States.TaskFailed"
    assert json.loads(pipeline.error.cause)["ErrorMessage"] == "ValueError: bad thing"


def test_errors_of_the_start_carry_glues_names(service: Glue, pipeline: Pipeline) -> None:
    pipeline.start(SYNC, JobName="gone").join(10)
    assert pipeline.error.error == "Glue.EntityNotFoundException"
    service.create()
    service.start()
    pipeline.start(SYNC, JobName="silver").join(10)
    assert pipeline.error.error == "Glue.ConcurrentRunsExceededException"


def test_without_sync_the_answer_comes_before_the_run_ends(
    service: Glue, pipeline: Pipeline
) -> None:
    service.create()
    pipeline.start(RESOURCE, JobName="silver").join(10)
    assert pipeline.result == {"JobRunId": service.bench.queued[0].id}


def test_stopping_the_execution_stops_its_run(service: Glue, pipeline: Pipeline) -> None:
    service.create()
    task = pipeline.start(SYNC, JobName="silver")
    await_queued(service)
    run = service.bench.queued[0]
    states._executions[EXECUTION]["status"] = "ABORTED"
    task.join(10)
    assert service.bench.stopped == [run.id]


@pytest.mark.parametrize("missing", ["StartJobRun", "GetJobRun", "BatchStopJobRun"])
def test_sync_needs_every_permission_that_aws_asks_for(
    service: Glue, pipeline: Pipeline, missing: str
) -> None:
    service.create()
    pipeline.allowed.remove(missing)
    pipeline.start(SYNC, JobName="silver").join(10)
    assert pipeline.error.error == "Glue.AccessDeniedException"
    assert missing in pipeline.error.cause
    assert service.bench.queued == []
