"""The `maintenance` state machine: every table looked after, small ones by a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import LogGroup
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression
from aws_cdk.aws_scheduler_targets import StepFunctionsStartExecution
from aws_cdk.aws_stepfunctions import (
    Chain,
    Choice,
    Condition,
    DefinitionBody,
    IntegrationPattern,
    JsonPath,
    LogLevel,
    LogOptions,
    Map,
    Pass,
    StateMachine,
    TaskInput,
    Timeout,
)
from aws_cdk.aws_stepfunctions_tasks import GlueStartJobRun, LambdaInvoke
from constructs import Construct

from stacks.constructs.job import JOB_TIMEOUT, SparkJob
from stacks.constructs.pipeline import GLUE_BUSY, KILLED, SPARK_LOST, THROTTLED
from stacks.constructs.wildcards import Wildcard, accept_wildcards
from stacks.stage import Stage

TABLES_AT_ONCE: Final = 4

_STEP: Final = Duration.minutes(5)
_TABLE: Final = Duration.minutes(16)
_EXECUTION: Final = Duration.hours(6)
_ANY_VERSION: Final = Wildcard(
    ":*", "Any version of a function that is named; the CDK grants both forms."
)


@dataclass(frozen=True, kw_only=True)
class MaintenanceSteps:
    """What the states run."""

    plan: IFunction
    maintain: IFunction
    close: IFunction
    job: SparkJob


class Maintenance(Construct):
    """The machine and, where the stage has one, its schedule.

    A function that dies with a table is caught, unlike in the pipeline: the ledger knows that the
    table was begun, the others go on, and the next run does what was left. So nobody has to redrive
    an execution.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: IKey,
        steps: MaintenanceSteps,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.names.resource("maintenance")
        log_group = LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=stage.log_retention,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.machine = StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            comment="Small files joined, snapshots forgotten, orphans found",
            definition_body=_definition(Construct(self, "States"), steps),
            timeout=_EXECUTION,
            tracing_enabled=True,
            logs=LogOptions(destination=log_group, level=LogLevel.ALL, include_execution_data=True),
        )
        accept_wildcards(
            self.machine,
            _ANY_VERSION,
            Wildcard(
                "Resource::*",
                "Log delivery and X-Ray take no resource: AWS documents `*` for both.",
            ),
        )
        if stage.maintenance_schedule:
            self._start_by_schedule(stage, name)

    def _start_by_schedule(self, stage: Stage, name: str) -> None:
        role = Role(self, "ScheduleRole", assumed_by=ServicePrincipal("scheduler.amazonaws.com"))
        Schedule(
            self,
            "Schedule",
            schedule_name=name,
            description="Looks after the lake's tables",
            schedule=ScheduleExpression.expression(stage.maintenance_schedule),
            target=StepFunctionsStartExecution(self.machine, role=role),
        )


def _definition(scope: Construct, steps: MaintenanceSteps) -> DefinitionBody:
    run = {"run": JsonPath.string_at("$.run")}
    planned = _call(
        scope,
        "PlanMaintenance",
        steps.plan,
        {
            "input": JsonPath.object_at("$$.Execution.Input"),
            "run": JsonPath.string_at("$$.Execution.Name"),
        },
    )
    one = _call(scope, "MaintainTable", steps.maintain, timeout=_TABLE)
    one.add_catch(Pass(scope, "TableNotDone"), errors=["States.ALL"])
    tables = Map(
        scope,
        "MaintainTables",
        items_path="$.tables",
        max_concurrency=TABLES_AT_ONCE,
        result_path=JsonPath.DISCARD,
    ).item_processor(one)
    review = _call(scope, "ReviewTables", steps.close, {**run, "final": False})
    spark = GlueStartJobRun(
        scope,
        "MaintainLargeTables",
        glue_job_name=steps.job.name,
        integration_pattern=IntegrationPattern.RUN_JOB,
        arguments=TaskInput.from_object({"--run_id": JsonPath.string_at("$.run")}),
        result_path=JsonPath.DISCARD,
        task_timeout=Timeout.duration(JOB_TIMEOUT),
    )
    for retry in (GLUE_BUSY, SPARK_LOST):
        retry.add_to(spark)
    closed = _call(scope, "CloseMaintenance", steps.close, {**run, "final": True})
    left = Choice(scope, "LeftToSpark").when(
        Condition.boolean_equals("$.spark", True), spark.next(closed)
    )
    chain = Chain.start(planned).next(tables).next(review).next(left.otherwise(closed))
    return DefinitionBody.from_chainable(chain)


def _call(
    scope: Construct,
    name: str,
    function: IFunction,
    payload: Mapping[str, object] | None = None,
    *,
    timeout: Duration = _STEP,
) -> LambdaInvoke:
    task = LambdaInvoke(
        scope,
        name,
        lambda_function=function,
        payload=None if payload is None else TaskInput.from_object(dict(payload)),
        output_path="$.Payload",
        task_timeout=Timeout.duration(timeout),
        retry_on_service_exceptions=False,  # THROTTLED has them, with jitter
    )
    for retry in (THROTTLED, KILLED):
        retry.add_to(task)
    return task
