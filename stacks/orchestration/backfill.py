"""Backfills: rows derived anew from bronze, chunk by chunk, then gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_stepfunctions import (
    Chain,
    DefinitionBody,
    IntegrationPattern,
    IStateMachine,
    JsonPath,
    Succeed,
    TaskInput,
)
from aws_cdk.aws_stepfunctions_tasks import StepFunctionsStartExecution
from constructs import Construct

from stacks.constructs import executions
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.job import SparkJob
from stacks.constructs.state import PlatformState
from stacks.constructs.wildcards import Wildcard, accept_wildcards
from stacks.lake import LakeStack
from stacks.orchestration.machine import state_machine
from stacks.orchestration.retries import KILLED, OUTGROWN
from stacks.orchestration.states import LONG_STEP, States
from stacks.processing import ProcessingStack
from stacks.stage import Stage

CHUNKS_AT_ONCE: Final = 4
"""They read and rank side by side, and write the table one after the other."""

_EXECUTION: Final = Duration.hours(12)
"""64 chunks, four at a time, of a quarter of an hour, two runs of a job, and gold."""

_PLANNER_MIB: Final = 1024
_PLANNER_TIMEOUT: Final = Duration.seconds(60)
_EXECUTIONS: Final = Wildcard("]}]}*", "Executions come and go; their machine is the pipeline.")


class Backfills(Construct):
    """The `backfill` machine and its functions. Nothing starts it but a person: `./weir backfill`,
    or StartExecution.

    A chunk that outgrows its function, or is killed, is left to Spark, as is what was planned for
    it. One that can't get its table is noted; the last state fails with each such chunk. Any other
    error ends the execution. Either way the ledger knows what is done, and the same input goes on
    from there.

    Args:
        pipeline: brings gold and the warehouse up to date.
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
        processing: ProcessingStack,
        pipeline: IStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.names.backfill_machine
        plan, close = _functions(functions, state=state, processing=processing)
        lake.bronze.grant_read(plan)
        executions.grant_look(plan, machine=name)
        steps = _Steps(
            plan=plan,
            chunk=processing.backfill_chunk,
            job=processing.backfill,
            close=close,
            pipeline=pipeline,
        )
        self.machine = state_machine(
            self,
            stage=stage,
            key=lake.operations_key,
            name=name,
            comment="Silver and gold derived anew from bronze, for the days that are asked for",
            definition=_definition(States(self), steps),
            timeout=_EXECUTION,
        )
        accept_wildcards(self.machine, _EXECUTIONS)


@dataclass(frozen=True, kw_only=True)
class _Steps:
    """What the states run."""

    plan: IFunction
    chunk: IFunction
    job: SparkJob
    close: IFunction
    pipeline: IStateMachine


def _functions(
    functions: FunctionFactory, *, state: PlatformState, processing: ProcessingStack
) -> tuple[PlatformFunction, PlatformFunction]:
    plan = PlatformFunction(
        functions,
        "plan_backfill",
        description="Says what a backfill reads, in how many chunks",
        settings=processing.backfill_settings,
        memory=_PLANNER_MIB,
        timeout=_PLANNER_TIMEOUT,
        lake=True,
    )
    close = PlatformFunction(
        functions,
        "close_backfill",
        description="Ends a backfill; notes chunks that couldn't be done, and those left to Spark",
        settings=state.settings,
    )
    for function in (plan, close):
        state.grant_use(function)
    return plan, close


def _definition(states: States, steps: _Steps) -> DefinitionBody:
    run_id = JsonPath.string_at("$.run_id")
    execution = JsonPath.string_at("$$.Execution.Id")
    planned = states.call(
        "PlanBackfill",
        steps.plan,
        {"input": JsonPath.object_at("$$.Execution.Input"), "execution": execution},
    )
    chunk = states.call("BackfillChunk", steps.chunk, timeout=LONG_STEP, without=(KILLED,))
    for name, errors, to_spark in (
        ("GiveUpChunk", ["LeaseHeld"], False),
        ("LeaveChunkToSpark", list(OUTGROWN), True),
    ):
        told = {"run_id": run_id, "chunk": JsonPath.number_at("$.chunk"), "to_spark": to_spark}
        noted = states.call(name, steps.close, {**told, "error": JsonPath.object_at("$.error")})
        chunk.add_catch(noted, errors=errors, result_path="$.error")
    chunks = states.each("BackfillChunks", "$.chunks", CHUNKS_AT_ONCE, chunk)
    left = states.call("LeftToSpark", steps.close, {"run_id": run_id})
    spark = states.spark("Backfill", steps.job)
    closed = states.call("CloseBackfill", steps.close, {"run_id": run_id, "execution": execution})
    gold = StepFunctionsStartExecution(
        states,
        "RefreshGold",
        state_machine=steps.pipeline,
        integration_pattern=IntegrationPattern.RUN_JOB,
        input=TaskInput.from_object({"refresh": True}),
        result_path=JsonPath.DISCARD,
    )
    done = Succeed(states, "Done")
    gold.next(done)
    chunks.next(left).next(states.either("SparkBackfills", "$.spark", spark, closed))
    spark.next(closed)
    closed.next(states.either("GoldFollows", "$.gold_due", gold, done))
    planned_only = Succeed(states, "Planned")
    return DefinitionBody.from_chainable(
        Chain.start(planned).next(states.either("OnlyPlanned", "$.dry_run", planned_only, chunks))
    )
