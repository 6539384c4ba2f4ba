"""A function that is called again and again."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_iam import Role
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression
from aws_cdk.aws_scheduler_targets import LambdaInvoke
from constructs import Construct

from stacks.constructs.arns import service
from stacks.constructs.function import PlatformFunction
from stacks.constructs.wildcards import Wildcard, accept_wildcards

_ANY_VERSION: Final = Wildcard(":*", "Any version of the function that is named.")


def call_every(
    scope: Construct, interval: Duration, function: PlatformFunction, *, name: str, description: str
) -> None:
    """Call a function at an interval, under a role of its own that may do nothing else."""
    role = Role(scope, "Role", assumed_by=service("scheduler.amazonaws.com"))
    Schedule(
        scope,
        "Schedule",
        schedule_name=name,
        description=description,
        schedule=ScheduleExpression.rate(interval),
        target=LambdaInvoke(function, role=role),
    )
    accept_wildcards(role, _ANY_VERSION)
