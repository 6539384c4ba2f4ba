"""Executions of the platform's state machines: started, awaited, and why they ended as they did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from cli.target import Target
from dataplatform.errors import WeirError

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
_POLL_SECONDS: Final = 0.5
_FORGOTTEN: Final = "ExecutionDoesNotExist"
_DENIED: Final = "AccessDeniedException"


class NotStarted(WeirError):
    """Step Functions refused to start an execution."""


class NotTold(WeirError):
    """Step Functions says nothing of an execution: it has forgotten it, or mustn't tell."""

    def __init__(self, *, forgotten: bool) -> None:
        self.forgotten = forgotten
        super().__init__(
            "Step Functions has forgotten its execution, as it does after 90 days"
            if forgotten
            else "your credentials may not call states:DescribeExecution",
            why="Only Step Functions knows how an execution ended of which the ledger wasn't told.",
            remedy="The next run closes it: ./weir run"
            if forgotten
            else "One that was stopped or redriven may look otherwise there.",
        )


def start(target: Target, given: dict[str, Any], *, machine: str = "PipelineArn") -> str:
    """Start an execution of the machine that a stack's output names; returns its ARN.

    Raises:
        NotStarted: Step Functions refuses.
        NotDeployed: the stage has no such machine.
    """
    arn = target.output(machine)
    try:
        started = target.client("stepfunctions").start_execution(
            stateMachineArn=arn, input=json.dumps(given)
        )
    except ClientError as error:
        raise NotStarted(
            f"{arn} can't be started: {error}",
            why="Nothing was changed.",
            remedy="Check that your credentials may call states:StartExecution.",
        ) from error
    return str(started["executionArn"])


def describe(target: Target, execution: str) -> dict[str, Any]:
    """What Step Functions knows of an execution.

    Raises:
        NotTold: it has forgotten it, or the caller may not read executions.
    """
    client = target.client("stepfunctions")
    try:
        description: dict[str, Any] = client.describe_execution(executionArn=execution)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in (_FORGOTTEN, _DENIED):
            raise
        raise NotTold(forgotten=code == _FORGOTTEN) from error
    return description


def wait(target: Target, execution: str, look: Callable[[], None]) -> dict[str, Any]:
    """Wait for an execution's end; its description.

    Args:
        look: called after each answer, the last one too: what it shows is then the whole.
    """
    client = target.client("stepfunctions")
    while True:
        description: dict[str, Any] = client.describe_execution(executionArn=execution)
        look()
        if description["status"] in ENDED:
            return description
        time.sleep(_POLL_SECONDS)  # the status is polled: Step Functions has no call that waits


def reason(target: Target, description: dict[str, Any]) -> str:
    """The error that ended an execution, with the human part of its cause."""
    error, cause = description.get("error", ""), description.get("cause", "")
    if not error and description["status"] == "ABORTED":
        return f"Aborted: {cause or 'it was stopped, and whoever did it gave no reason'}"
    if not error:
        error, cause = _last_failure(target, description["executionArn"])
    return f"{error}: {_message(cause)}"


def words(why: str) -> str:
    """What `reason` gave without the error's name, its lines at the margin.

    It is all of the error: what is wrong, why it matters and what to do next.
    """
    return "\n".join(line.strip() for line in why.partition(": ")[2].splitlines())


def _last_failure(target: Target, execution: str) -> tuple[str, str]:
    try:
        history = target.client("stepfunctions").get_execution_history(
            executionArn=execution, reverseOrder=True, maxResults=50
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != _DENIED:
            raise
        return "unknown error", "your credentials may not call states:GetExecutionHistory"
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
