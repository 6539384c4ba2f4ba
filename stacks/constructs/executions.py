"""Executions of a state machine: who may ask how one goes, and how EventBridge tells of its end."""

from __future__ import annotations

from typing import Literal

from aws_cdk.aws_events import EventPattern
from aws_cdk.aws_lambda import Function
from aws_cdk.aws_stepfunctions import IStateMachine

from stacks.constructs.arns import arn
from stacks.constructs.wildcards import Wildcard, allow

Status = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


def ended(machine: IStateMachine, *statuses: Status) -> EventPattern:
    """An execution of the machine has ended in one of these ways."""
    return EventPattern(
        source=["aws.states"],
        detail_type=["Step Functions Execution Status Change"],
        detail={"status": [*statuses], "stateMachineArn": [machine.state_machine_arn]},
    )


def grant_look(function: Function, *, machine: str) -> None:
    """Let a function ask how an execution goes.

    Args:
        machine: by name, since it may call this very function: a reference would be a circle.
    """
    allow(
        function,
        ["states:DescribeExecution"],
        [arn("states", "execution", f"{machine}:*", separator=":")],
        Wildcard(":*", "Executions come and go; their state machine is named."),
    )
