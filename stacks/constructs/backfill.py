"""The `backfill` state machine: rows derived anew from bronze, chunk by chunk, then gold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import LogGroup
from aws_cdk.aws_stepfunctions import (
    Chain,
    Choice,
    Condition,
    DefinitionBody,
    IntegrationPattern,
    IStateMachine,
    JsonPath,
    LogLevel,
    LogOptions,
    Map,
    StateMachine,
    Succeed,
    TaskInput,
    Timeout,
)
from aws_cdk.aws_stepfunctions_tasks import LambdaInvoke, StepFunctionsStartExecution
from constructs import Construct

from stacks.constructs.pipeline import KILLED, LEASED, OUTGROWN, THROTTLED, Retry
from stacks.constructs.wildcards import Wildcard, accept_wildcards
from stacks.stage import Stage

CHUNKS_AT_ONCE: Final = 4
"""They read and rank side by side, and write the table one after the other."""

_STEP: Final = Duration.minutes(5)
_CHUNK: Final = Duration.minutes(16)
_EXECUTION: Final = Duration.hours(12)
"""64 chunks, four at a time, of a quarter of an hour, and gold."""

_ANY_VERSION: Final = Wildcard(
    ":*", "Any version of a function that is named; the CDK grants both forms."
)
_EXECUTIONS: Final = Wildcard("]}]}*", "Executions come and go; their machine is the pipeline.")


@dataclass(frozen=True, kw_only=True)
class BackfillSteps:
    """What the states run; `pipeline` brings gold and the warehouse up to date."""

    plan: IFunction
    rederive: IFunction
    close: IFunction
    pipeline: IStateMachine


class Backfills(Construct):
    """The machine. Nothing starts it but a person: `./weir backfill`, or StartExecution.

    A chunk that outgrows its function, or is killed, is noted and leaves the others going; the last
    state fails with each such chunk. Any other error ends the execution. Either way the ledger
    knows what is done, and the same input goes on from there.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: IKey,
        steps: BackfillSteps,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.names.backfill_machine
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
            comment="Silver and gold derived anew from bronze, for the days that are asked for",
            definition_body=_definition(Construct(self, "States"), steps),
            timeout=_EXECUTION,
            tracing_enabled=True,
            logs=LogOptions(destination=log_group, level=LogLevel.ALL, include_execution_data=True),
        )
        accept_wildcards(
            self.machine,
            _ANY_VERSION,
            _EXECUTIONS,
            Wildcard(
                "Resource::*",
                "Log delivery and X-Ray take no resource: AWS documents `*` for both.",
            ),
        )


def _definition(scope: Construct, steps: BackfillSteps) -> DefinitionBody:
    run_id = JsonPath.string_at("$.run_id")
    execution = JsonPath.string_at("$$.Execution.Id")
    planned = _call(
        scope,
        "PlanBackfill",
        steps.plan,
        {"input": JsonPath.object_at("$$.Execution.Input"), "execution": execution},
    )
    chunk = _call(scope, "RederiveChunk", steps.rederive, timeout=_CHUNK, killed=False)
    given_up = _call(
        scope,
        "GiveUpChunk",
        steps.close,
        {
            "run_id": run_id,
            "chunk": JsonPath.number_at("$.chunk"),
            "error": JsonPath.object_at("$.error"),
        },
    )
    chunk.add_catch(given_up, errors=["LeaseHeld", *OUTGROWN], result_path="$.error")
    chunks = Map(
        scope,
        "RederiveChunks",
        items_path="$.chunks",
        max_concurrency=CHUNKS_AT_ONCE,
        result_path=JsonPath.DISCARD,
    ).item_processor(chunk)
    closed = _call(scope, "CloseBackfill", steps.close, {"run_id": run_id, "execution": execution})
    gold = StepFunctionsStartExecution(
        scope,
        "RefreshGold",
        state_machine=steps.pipeline,
        integration_pattern=IntegrationPattern.RUN_JOB,
        input=TaskInput.from_object({"refresh": True}),
        result_path=JsonPath.DISCARD,
    )
    done = Succeed(scope, "Done")
    after = Choice(scope, "GoldFollows").when(
        Condition.boolean_equals("$.gold_due", True), gold.next(done)
    )
    only_planned = Choice(scope, "OnlyPlanned").when(
        Condition.boolean_equals("$.dry_run", True), Succeed(scope, "Planned")
    )
    chunks.next(closed).next(after.otherwise(done))
    return DefinitionBody.from_chainable(Chain.start(planned).next(only_planned.otherwise(chunks)))


def _call(
    scope: Construct,
    name: str,
    function: IFunction,
    payload: Mapping[str, object] | None = None,
    *,
    timeout: Duration = _STEP,
    killed: bool = True,
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
    retries: list[Retry] = [LEASED, THROTTLED, *((KILLED,) if killed else ())]
    for retry in retries:
        retry.add_to(task)
    return task
