"""Starting a state machine, and following a run of the pipeline in the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from cli.target import Target
from dataplatform.errors import WeirError
from dataplatform.ledger.records import Run, Step

_POLL_SECONDS = 0.5
ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


class RunFailed(WeirError):
    """The state machine's execution ended without success."""


@dataclass(frozen=True)
class Followed:
    """A run that has ended well."""

    run_id: str
    execution: str
    seconds: float


def start(target: Target, run_input: dict[str, Any], *, machine: str = "PipelineArn") -> str:
    """Start an execution of the machine that a stack's output names; returns its ARN."""
    arn = target.output(machine)
    try:
        started = target.client("stepfunctions").start_execution(
            stateMachineArn=arn, input=json.dumps(run_input)
        )
    except ClientError as error:
        raise RunFailed(
            f"{arn} can't be started: {error}",
            why="Nothing was changed.",
            remedy="Check that your credentials may call states:StartExecution.",
        ) from error
    return str(started["executionArn"])


def follow(target: Target, execution: str, show: Callable[[Run, Sequence[Step]], None]) -> Followed:
    """Wait for an execution's end, showing the run's steps as they come.

    Raises:
        RunFailed: with the state machine's own error and cause.
    """
    client = target.client("stepfunctions")
    started = time.monotonic()
    run: Run | None = None
    while True:
        description = client.describe_execution(executionArn=execution)
        run = run or _run_of(target, execution)
        if run:
            show(run, target.ledger.steps(run.run_id))
        if description["status"] in ENDED:
            break
        time.sleep(_POLL_SECONDS)  # the status is polled: Step Functions has no call that waits
    if description["status"] != "SUCCEEDED":
        raise _failure(client, description, run)
    run_id = run.run_id if run else ""
    return Followed(run_id, execution, time.monotonic() - started)


def _run_of(target: Target, execution: str) -> Run | None:
    return next((run for run in target.ledger.runs(10) if run.execution == execution), None)


def as_it_is(target: Target, run: Run) -> Run:
    """The run; one that the ledger thinks goes on has failed where its execution ended without it.

    The ledger hears of that when the next run takes the lease over.
    """
    if run.state != "running":
        return run
    client = target.client("stepfunctions")
    description = client.describe_execution(executionArn=run.execution)
    if description["status"] not in ENDED - {"SUCCEEDED"}:
        return run
    ended = description["stopDate"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(run, state="failed", ended_at=ended, error=reason(client, description))


def reason(client: Any, description: dict[str, Any]) -> str:
    """The error that ended an execution, with the human part of its cause."""
    error, cause = description.get("error", ""), description.get("cause", "")
    if not error:
        error, cause = _last_failure(client, description["executionArn"])
    return f"{error}: {_message(cause)}"


def _failure(client: Any, description: dict[str, Any], run: Run | None) -> RunFailed:
    name = run.run_id if run else description["name"]
    return RunFailed(
        f"run {name} {description['status'].lower()}: {reason(client, description)}",
        why="What was published stays; what wasn't is taken up by the next run.",
        remedy=f"Look: ./weir status --run {name}, ./weir logs --run {name}; then ./weir run",
    )


def _last_failure(client: Any, execution: str) -> tuple[str, str]:
    history = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=50)
    for event in history["events"]:
        for value in event.values():
            if isinstance(value, dict) and "error" in value:
                return value["error"], value.get("cause", "")
    return "unknown error", ""


def _message(cause: str) -> str:
    """The human part of a Lambda's or Glue's cause, which is JSON."""
    try:
        parsed = json.loads(cause)
    except ValueError:
        return cause[:600]
    if isinstance(parsed, dict):
        return str(parsed.get("errorMessage") or parsed.get("ErrorMessage") or cause)[:600]
    return cause[:600]
