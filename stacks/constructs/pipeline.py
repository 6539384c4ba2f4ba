"""The `pipeline` state machine, each state with retries that fit its errors.

The one error that is caught is a function's that has outgrown itself: Spark takes over. Nothing
else is: an execution that fails can be redriven from the state that failed, and a task whose error
was caught has ended as far as redrive can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Duration
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_stepfunctions import (
    Chain,
    Choice,
    Condition,
    DefinitionBody,
    IntegrationPattern,
    JitterType,
    JsonPath,
    Map,
    State,
    Succeed,
    TaskInput,
    TaskStateBase,
    Timeout,
    Wait,
    WaitTime,
)
from aws_cdk.aws_stepfunctions_tasks import GlueStartJobRun, LambdaInvoke
from constructs import Construct

from dataplatform.ledger.engines import GOLD
from stacks.constructs.job import JOB_TIMEOUT, SparkJob

SOURCES_AT_ONCE: Final = 4
BATCHES_AT_ONCE: Final = 4
MERGES_AT_ONCE: Final = 4
LOADS_AT_ONCE: Final = 4

_STEP: Final = Duration.minutes(5)
_STAGE: Final = Duration.minutes(16)
_FIRST_LOOK: Final = Duration.seconds(2)
_NEXT_LOOK: Final = Duration.seconds(5)


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Errors that pass by themselves, and how patiently to wait for that."""

    errors: tuple[str, ...]
    first: int
    longest: int
    attempts: int

    def add_to(self, task: TaskStateBase) -> None:
        """With full jitter, so that what failed together doesn't come back together."""
        task.add_retry(
            errors=list(self.errors),
            interval=Duration.seconds(self.first),
            backoff_rate=2,
            max_delay=Duration.seconds(self.longest),
            max_attempts=self.attempts,
            jitter_strategy=JitterType.FULL,
        )


THROTTLED: Final = Retry(
    errors=(
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
    ),
    first=2,
    longest=60,
    attempts=8,
)
KILLED: Final = Retry(
    # Out of time or memory. Every step may be repeated; a second try meets a warm function.
    errors=("Sandbox.Timedout", "Lambda.Unknown", "States.Timeout"),
    first=5,
    longest=30,
    attempts=1,
)
LEASED: Final = Retry(errors=("LeaseHeld",), first=5, longest=60, attempts=40)
OUTGROWN: Final = (
    # What the engine and Python say themselves; then how the runtime, Lambda and Step Functions
    # tell of a function that was killed. A second try would end the same way.
    "TooLarge",
    "NotForThisEngine",
    "MemoryError",
    "Runtime.OutOfMemory",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "Lambda.Unknown",
    "States.Timeout",
)
SOURCE_DOWN: Final = Retry(errors=("SourceUnavailable",), first=10, longest=300, attempts=6)
WAREHOUSE_BUSY: Final = Retry(
    errors=("ActiveStatementsExceededException", "ThrottlingException", "InternalServerException"),
    first=5,
    longest=60,
    attempts=8,
)
GLUE_BUSY: Final = Retry(
    errors=(
        "Glue.ConcurrentRunsExceededException",
        "Glue.ResourceNumberLimitExceededException",
        "Glue.OperationTimeoutException",
        "Glue.InternalServiceException",
        "Glue.ThrottlingException",
    ),
    first=15,
    longest=300,
    attempts=12,
)
SPARK_LOST: Final = Retry(
    # A worker or the driver was lost. A commit made before that is found and not made again.
    errors=("States.TaskFailed",),
    first=15,
    longest=60,
    attempts=1,
)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What the states run."""

    open_run: IFunction
    ingest_api: IFunction
    plan_batches: IFunction
    stage_batch: IFunction
    choose_engines: IFunction
    merge_silver: IFunction
    hand_to_spark: IFunction
    stage_job: SparkJob
    silver: SparkJob
    plan_gold: IFunction
    build_gold: IFunction
    gold: SparkJob
    plan_loads: IFunction
    load_warehouse: IFunction
    confirm_load: IFunction
    close_run: IFunction


def pipeline_definition(scope: Construct, steps: Steps) -> DefinitionBody:
    """Input `{}` runs what is due; `open_run` validates what narrows it."""
    builder = _Builder(scope)
    run = {"run_id": JsonPath.string_at("$.run_id")}

    opened = builder.call(
        "OpenRun",
        steps.open_run,
        {
            "input": JsonPath.object_at("$$.Execution.Input"),
            "execution": JsonPath.string_at("$$.Execution.Id"),
        },
    )
    pulled = builder.each(
        "PullSources",
        "$.sources",
        SOURCES_AT_ONCE,
        _pull(builder, steps),
        {**run, "dataset": JsonPath.string_at("$$.Map.Item.Value.dataset")},
    )
    batches = builder.call("PlanBatches", steps.plan_batches, run)
    stage = builder.call("StageBatch", steps.stage_batch, timeout=_STAGE, killed=False)
    builder.hand_over(stage, "HandBatchToSpark", steps.hand_to_spark, batch_id="$.batch_id")
    staged = builder.each("StageBatches", "$.batches", BATCHES_AT_ONCE, stage)
    gold_plan = builder.call("PlanGold", steps.plan_gold, run)
    loads = builder.call("PlanLoads", steps.plan_loads, run)
    loaded = builder.each("LoadWarehouse", "$.loads", LOADS_AT_ONCE, _load(builder, steps))
    closed = builder.call("CloseRun", steps.close_run, run)

    opened.next(pulled).next(batches).next(
        builder.either("AnythingStaged", "$.has_batches", staged, gold_plan)
    )
    staged.next(_silver(builder, steps, run, after=gold_plan))
    gold_plan.next(_gold(builder, steps, run, after=loads))
    loads.next(loaded).next(closed)
    return DefinitionBody.from_chainable(opened)


def _silver(builder: _Builder, steps: Steps, run: dict[str, Any], *, after: State) -> State:
    """Each dataset by the engine chosen for it; DuckDB goes first, since it may leave some over.

    Whoever chooses sees what functions left unstaged; a run without such asks nothing more.
    """
    chosen = builder.call("ChooseEngines", steps.choose_engines, run)
    stage = builder.spark("Stage", steps.stage_job)
    chosen_again = builder.call("ChooseForStaged", steps.choose_engines, run)
    merge = builder.call("MergeDataset", steps.merge_silver, timeout=_STAGE, killed=False)
    builder.hand_over(merge, "HandToSpark", steps.hand_to_spark, dataset="$.dataset")
    merged = builder.each("MergeSilver", "$.duckdb", MERGES_AT_ONCE, merge)
    left = builder.call("LeftToSpark", steps.choose_engines, run)
    silver = builder.spark("Silver", steps.silver)
    chosen.next(builder.either("SparkStages", "$.stage", stage, merged))
    stage.next(chosen_again).next(merged)
    merged.next(left).next(builder.either("SparkMerges", "$.spark", silver, after))
    silver.next(after)
    return chosen


def _gold(builder: _Builder, steps: Steps, run: dict[str, Any], *, after: State) -> State:
    """A function builds what it can; the job then takes every model that is still due, in order."""
    built = builder.call("BuildGold", steps.build_gold, run, timeout=_STAGE, killed=False)
    gold = builder.spark("Gold", steps.gold)
    builder.hand_over(built, "HandGoldToSpark", steps.hand_to_spark, dataset=GOLD).next(gold)
    built.next(builder.either("SparkBuilds", "$.spark", gold, after))
    gold.next(after)
    return builder.either(
        "GoldDue", "$.gold_due", builder.either("GoldBySpark", "$.spark", gold, built), after
    )


def _pull(builder: _Builder, steps: Steps) -> Chain:
    pull = builder.call("PullSource", steps.ingest_api, timeout=_STAGE, also=(SOURCE_DOWN,))
    more = Choice(builder.scope, "MoreToPull").when(Condition.boolean_equals("$.more", True), pull)
    return Chain.start(pull).next(more.otherwise(Succeed(builder.scope, "Pulled")))


def _load(builder: _Builder, steps: Steps) -> Chain:
    """Submit, then look until done: soon the first time, then rarely.

    An execution's history ends at 25,000 events, and a look is nine.
    """
    scope = builder.scope
    submit = builder.call("SubmitLoad", steps.load_warehouse, also=(WAREHOUSE_BUSY,))
    confirm = builder.call("ConfirmLoad", steps.confirm_load, also=(WAREHOUSE_BUSY,))
    loaded = Succeed(scope, "Loaded")
    done = Condition.boolean_equals("$.done", True)
    first = Wait(scope, "WaitForLoad", time=WaitTime.duration(_FIRST_LOOK))
    again = Wait(scope, "WaitLonger", time=WaitTime.duration(_NEXT_LOOK))
    first.next(confirm).next(
        Choice(scope, "LoadDone").when(done, loaded).otherwise(again.next(confirm))
    )
    return Chain.start(submit).next(
        Choice(scope, "NothingToLoad").when(done, loaded).otherwise(first)
    )


@dataclass(frozen=True)
class _Builder:
    scope: Construct

    def call(
        self,
        name: str,
        function: IFunction,
        payload: dict[str, Any] | None = None,
        *,
        timeout: Duration = _STEP,
        also: Sequence[Retry] = (),
        killed: bool = True,
    ) -> LambdaInvoke:
        """Call a function with `payload` (the state's input, if none); its answer is the output.

        Args:
            killed: try once more a call that ran out of time or memory.
        """
        task = LambdaInvoke(
            self.scope,
            name,
            lambda_function=function,
            payload=None if payload is None else TaskInput.from_object(payload),
            output_path="$.Payload",
            task_timeout=Timeout.duration(timeout),
            retry_on_service_exceptions=False,  # THROTTLED has them, with jitter
        )
        for retry in (*also, LEASED, THROTTLED, *((KILLED,) if killed else ())):
            retry.add_to(task)
        return task

    def hand_over(
        self, task: LambdaInvoke, name: str, function: IFunction, **subject: str
    ) -> LambdaInvoke:
        """Where a task's function has outgrown itself, call another that leaves it to Spark.

        Args:
            subject: what it was at, `dataset` or `batch_id`: itself, or its place in the input.
        """
        payload = {
            "run_id": JsonPath.string_at("$.run_id"),
            **{
                name: JsonPath.string_at(value) if value.startswith("$") else value
                for name, value in subject.items()
            },
            "error": JsonPath.object_at("$.error"),
        }
        handed = self.call(name, function, payload)
        task.add_catch(handed, errors=list(OUTGROWN), result_path="$.error")
        return handed

    def spark(self, name: str, job: SparkJob) -> GlueStartJobRun:
        """Run a job to its end; the state's input goes on."""
        task = GlueStartJobRun(
            self.scope,
            name,
            glue_job_name=job.name,
            integration_pattern=IntegrationPattern.RUN_JOB,
            arguments=TaskInput.from_object({"--run_id": JsonPath.string_at("$.run_id")}),
            result_path=JsonPath.DISCARD,
            task_timeout=Timeout.duration(JOB_TIMEOUT),  # becomes the timeout of the run
        )
        for retry in (GLUE_BUSY, SPARK_LOST):
            retry.add_to(task)
        return task

    def each(
        self,
        name: str,
        items: str,
        at_once: int,
        work: Chain | TaskStateBase,
        selector: dict[str, Any] | None = None,
    ) -> Map:
        """Work on every item; the state's input goes on."""
        state = Map(
            self.scope,
            name,
            items_path=items,
            max_concurrency=at_once,
            item_selector=selector,
            result_path=JsonPath.DISCARD,
        )
        return state.item_processor(work)

    def either(self, name: str, flag: str, yes: State, no: State) -> Choice:
        """Go one way where the flag is true, the other where it isn't."""
        true = Condition.boolean_equals(flag, True)
        return Choice(self.scope, name).when(true, yes).otherwise(no)
