"""Maintenance: every table looked after, small ones by a function, large ones by Spark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression
from aws_cdk.aws_scheduler_targets import StepFunctionsStartExecution
from aws_cdk.aws_stepfunctions import Chain, DefinitionBody, JsonPath, Pass
from constructs import Construct

from dataplatform.settings import LakeSettings, MaintenanceSettings
from stacks.constructs.function import MAX_MEMORY_MIB, FunctionFactory, PlatformFunction
from stacks.constructs.job import SparkJob
from stacks.constructs.schedule import schedule_role
from stacks.constructs.state import PlatformState
from stacks.lake import LakeStack
from stacks.orchestration.machine import state_machine
from stacks.orchestration.retries import LEASED
from stacks.orchestration.states import LONG_STEP, States
from stacks.processing import FUNCTION_TIMEOUT
from stacks.stage import Stage

TABLES_AT_ONCE: Final = 4

_EXECUTION: Final = Duration.hours(6)


class Maintenance(Construct):
    """The `maintenance` machine, its functions and, where the stage has one, its schedule.

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
        lake: LakeStack,
        state: PlatformState,
        functions: FunctionFactory,
        job: SparkJob,
    ) -> None:
        super().__init__(scope, construct_id)
        steps = _functions(functions, stage=stage, lake=lake, state=state, job=job)
        name = stage.names.resource("maintenance")
        self.machine = state_machine(
            self,
            stage=stage,
            key=lake.operations_key,
            name=name,
            comment="Small files joined, snapshots forgotten, orphans found",
            definition=_definition(States(self), steps),
            timeout=_EXECUTION,
        )
        if stage.maintenance_schedule:
            self._start_by_schedule(stage, name)

    def _start_by_schedule(self, stage: Stage, name: str) -> None:
        role = schedule_role(self, "ScheduleRole")
        Schedule(
            self,
            "Schedule",
            schedule_name=name,
            description="Looks after the lake's tables",
            schedule=ScheduleExpression.expression(stage.maintenance_schedule),
            target=StepFunctionsStartExecution(self.machine, role=role),
        )


@dataclass(frozen=True, kw_only=True)
class _Steps:
    """What the states run."""

    plan: IFunction
    maintain: IFunction
    close: IFunction
    job: SparkJob


def _functions(
    functions: FunctionFactory,
    *,
    stage: Stage,
    lake: LakeStack,
    state: PlatformState,
    job: SparkJob,
) -> _Steps:
    fields = {**state.fields, **lake.bucket_fields}
    plan = PlatformFunction(
        functions,
        "plan_maintenance",
        description="Says which tables to look after",
        settings=LakeSettings(**fields),
    )
    state.grant_use(plan)
    maintain = PlatformFunction(
        functions,
        "maintain_table",
        description="Joins a table's small files, forgets its old snapshots, finds orphans",
        settings=MaintenanceSettings(
            **fields,
            delete_orphans=str(stage.delete_orphans).lower(),
            delete_replayed=str(stage.delete_replayed).lower(),
            glue_joins=str(stage.glue_table_optimizers).lower(),
        ),
        memory=MAX_MEMORY_MIB,
        timeout=FUNCTION_TIMEOUT,
        lake=True,
    )
    state.grant_use(maintain)
    for zone in (lake.bronze, lake.silver, lake.gold, lake.quarantine):
        zone.grant_write(maintain)
    close = PlatformFunction(
        functions,
        "close_maintenance",
        description="Says what failed, and what is left to Spark",
        settings=state.settings,
    )
    state.ledger.grant_write(close)  # what its own calls took, as all of them
    return _Steps(plan=plan, maintain=maintain, close=close, job=job)


def _definition(states: States, steps: _Steps) -> DefinitionBody:
    """None of the functions fails where it finds a lease held: the table's turn comes again."""
    run = {"run": JsonPath.string_at("$.run")}
    planned = states.call(
        "PlanMaintenance",
        steps.plan,
        {
            "input": JsonPath.object_at("$$.Execution.Input"),
            "run": JsonPath.string_at("$$.Execution.Name"),
        },
        without=(LEASED,),
    )
    one = states.call("MaintainTable", steps.maintain, timeout=LONG_STEP, without=(LEASED,))
    one.add_catch(Pass(states, "TableNotDone"), errors=["States.ALL"])
    tables = states.each("MaintainTables", "$.tables", TABLES_AT_ONCE, one)
    review = states.call("ReviewTables", steps.close, {**run, "final": False}, without=(LEASED,))
    spark = states.spark("MaintainLargeTables", steps.job, run_id="$.run")
    closed = states.call("CloseMaintenance", steps.close, {**run, "final": True}, without=(LEASED,))
    spark.next(closed)
    left = states.either("LeftToSpark", "$.spark", spark, closed)
    return DefinitionBody.from_chainable(Chain.start(planned).next(tables).next(review).next(left))
