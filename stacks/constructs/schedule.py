"""A function that is called again and again."""

from __future__ import annotations

from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression
from aws_cdk.aws_scheduler_targets import LambdaInvoke
from constructs import Construct

from stacks.constructs.arns import arn
from stacks.constructs.function import PlatformFunction
from stacks.constructs.wildcards import Wildcard, accept_wildcards

_ANY_VERSION: Final = Wildcard(":*", "Any version of the function that is named.")


def call_every(
    scope: Construct, interval: Duration, function: PlatformFunction, *, name: str, description: str
) -> None:
    """Call a function at an interval, under a role of its own that may do nothing else."""
    role = schedule_role(scope, "Role")
    Schedule(
        scope,
        "Schedule",
        schedule_name=name,
        description=description,
        schedule=ScheduleExpression.rate(interval),
        target=LambdaInvoke(function, role=role),
    )
    accept_wildcards(role, _ANY_VERSION)


def schedule_role(scope: Construct, construct_id: str) -> Role:
    """A role that this account's schedules run under, with no rights yet.

    A schedule tells its group, not itself.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    ours = {
        "aws:SourceAccount": Aws.ACCOUNT_ID,
        "aws:SourceArn": arn("scheduler", "schedule-group", "default"),
    }
    scheduler = ServicePrincipal("scheduler.amazonaws.com", conditions={"StringEquals": ours})
    return Role(scope, construct_id, assumed_by=scheduler)
