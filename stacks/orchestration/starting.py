"""What starts the pipeline: a schedule, a landed object, the end of a run."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_events import Rule
from aws_cdk.aws_events_targets import LambdaFunction
from aws_cdk.aws_s3 import IBucket
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression, ScheduleTargetInput
from aws_cdk.aws_scheduler_targets import LambdaInvoke
from aws_cdk.aws_stepfunctions import StateMachine
from constructs import Construct

from dataplatform.settings import StarterSettings
from stacks.constructs import executions
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.schedule import schedule_role
from stacks.constructs.state import PlatformState
from stacks.constructs.wildcards import FUNCTION_VERSIONS, accept_wildcards
from stacks.sources.files import ArrivalQueue
from stacks.stage import Stage

_TIMEOUT: Final = Duration.seconds(60)


def starter(
    functions: FunctionFactory, *, stage: Stage, state: PlatformState, pipeline: StateMachine
) -> PlatformFunction:
    """The function that starts an execution where something is due and none is running."""
    function = PlatformFunction(
        functions,
        "start_run",
        description="Starts the pipeline where something is due",
        settings=StarterSettings(**state.fields, state_machine_arn=pipeline.state_machine_arn),
        timeout=_TIMEOUT,
    )
    state.grant_use(function)
    pipeline.grant_start_execution(function)
    executions.grant_look(function, machine=stage.names.state_machine)
    return function


def start_by_schedule(scope: Construct, start_run: PlatformFunction, *, stage: Stage) -> None:
    """As the stage's expression says; sources are pulled, too."""
    role = schedule_role(scope, "ScheduleRole")
    Schedule(
        scope,
        "Schedule",
        schedule_name=stage.names.state_machine,
        description="Pulls the sources and runs what is due",
        schedule=ScheduleExpression.expression(stage.schedule),
        target=LambdaInvoke(
            start_run, input=ScheduleTargetInput.from_object({"pull": True}), role=role
        ),
    )
    accept_wildcards(role, FUNCTION_VERSIONS)


def start_by_arrival(
    scope: Construct,
    start_run: PlatformFunction,
    *,
    stage: Stage,
    landing: IBucket,
    pipeline: StateMachine,
) -> None:
    """A minute after an object lands; and after each run, for what landed meanwhile."""
    ArrivalQueue(
        scope,
        "StartOnArrival",
        stage=stage,
        bucket=landing,
        function=start_run,
        function_timeout=_TIMEOUT,
        name="start",
        batch_window=Duration.seconds(30),
        # The object is registered by then, by the queue beside this one.
        delay=Duration.seconds(60),
    )
    Rule(
        scope,
        "StartAgain",
        rule_name=stage.names.resource("start-again"),
        description="A run has ended: start another for what landed meanwhile",
        event_pattern=executions.ended(pipeline, "SUCCEEDED"),
        targets=[LambdaFunction(start_run)],
    )
