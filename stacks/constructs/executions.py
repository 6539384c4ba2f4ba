"""Executions of a state machine, as EventBridge tells of them."""

from __future__ import annotations

from typing import Literal

from aws_cdk.aws_events import EventPattern
from aws_cdk.aws_stepfunctions import IStateMachine

Status = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


def ended(machine: IStateMachine, *statuses: Status) -> EventPattern:
    """An execution of the machine has ended in one of these ways."""
    return EventPattern(
        source=["aws.states"],
        detail_type=["Step Functions Execution Status Change"],
        detail={"status": [*statuses], "stateMachineArn": [machine.state_machine_arn]},
    )
