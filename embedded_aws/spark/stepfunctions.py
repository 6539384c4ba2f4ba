"""Step Functions' `glue:startJobRun` and `.sync`, under the state machine's role.

MiniStack has no such integration, and enforces no state machine's role; here the role must allow
what AWS documents for the integration: StartJobRun; for `.sync` GetJobRun(s), BatchStopJobRun too.
"""

from __future__ import annotations

import contextvars
import json
from collections.abc import Mapping
from typing import Any, Final

from ministack.services import glue
from ministack.services import stepfunctions as states

from embedded_aws.plugins.roles import role_allows
from embedded_aws.spark.api import GlueJobs, answer, find_run
from embedded_aws.spark.runs import wait_for_change

RESOURCE: Final = "arn:aws:states:::glue:startJobRun"

_POLL_SECONDS: Final = 0.5
"""How soon a stopped execution stops its job."""

_TIMES: Final = ("StartedOn", "LastModifiedOn", "CompletedOn")

_execution: contextvars.ContextVar[str] = contextvars.ContextVar("execution", default="")


def install_integration(jobs: GlueJobs) -> None:
    """Add the integration to MiniStack's table, and let it know which execution it serves."""
    run_execution = states._run_execution

    def run_known_execution(execution_arn: str) -> None:
        _execution.set(execution_arn)
        run_execution(execution_arn)

    states._run_execution = run_known_execution

    def start_job_run(resource: str, request: dict[str, Any]) -> dict[str, Any]:
        return _start_job_run(jobs, resource, request)

    states._SERVICE_DISPATCH[RESOURCE] = start_job_run


def _start_job_run(jobs: GlueJobs, resource: str, request: dict[str, Any]) -> dict[str, Any]:
    awaited = resource.removesuffix(":2").endswith(".sync")
    name = str(request.get("JobName", ""))
    needed = ["StartJobRun"]
    if awaited:
        needed += ["GetJobRun", "GetJobRuns", "BatchStopJobRun"]
    _require(name, needed)
    response = jobs.start_job_run(request)
    body = answer(response)
    if response[0] >= 400:
        code = str(body.get("__type", "InternalServiceException")).rpartition("#")[2]
        raise states._ExecutionError(f"Glue.{code}", body.get("message") or body.get("Message", ""))
    return _await_run(jobs, name, body["JobRunId"]) if awaited else body


def _await_run(jobs: GlueJobs, name: str, run_id: str) -> dict[str, Any]:
    record = find_run(name, run_id)
    if record is None:
        raise states._ExecutionError("Glue.EntityNotFoundException", f"Job run {run_id} not found")
    while not wait_for_change(record, _POLL_SECONDS):
        if not _execution_runs():
            jobs.batch_stop_job_run({"JobName": name, "JobRunIds": [run_id]})
            break
    told = _as_told(record)
    if record["JobRunState"] != "SUCCEEDED":
        raise states._ExecutionError("States.TaskFailed", json.dumps(told))
    return told


def _as_told(record: Mapping[str, Any]) -> dict[str, Any]:
    """A job run as a state machine sees it: times in milliseconds."""
    return {
        name: round(value * 1000) if name in _TIMES else value for name, value in record.items()
    }


def _execution_runs() -> bool:
    execution = states._executions.get(_execution.get())
    return execution is None or execution["status"] == "RUNNING"


def _require(job_name: str, actions: list[str]) -> None:
    """Refuse what the state machine's role doesn't allow, as Glue would.

    Raises:
        _ExecutionError: `Glue.AccessDeniedException`.
    """
    execution = states._executions.get(_execution.get())
    machine = execution and states._state_machines.get(execution["stateMachineArn"])
    if not machine:
        return
    arn = glue._arn("job", job_name)
    for action in actions:
        if not role_allows(machine["roleArn"], f"glue:{action}", arn):
            raise states._ExecutionError(
                "Glue.AccessDeniedException",
                f"{machine['roleArn']} is not authorized to perform: glue:{action} on {arn}",
            )
