"""The `pipeline` state machine, each state with retries that fit its errors.

The one error that is caught is a function's that has outgrown itself: Spark takes over. Nothing
else is: an execution that fails can be redriven from the state that failed, and a task whose error
was caught has ended as far as redrive can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Duration
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_stepfunctions import (
    Chain,
    Choice,
    Condition,
    DefinitionBody,
    JsonPath,
    State,
    Succeed,
    Wait,
    WaitTime,
)

from dataplatform.naming import GOLD_MODELS
from stacks.constructs.job import SparkJob
from stacks.orchestration.retries import KILLED, SOURCE_DOWN, WAREHOUSE_BUSY
from stacks.orchestration.states import LONG_STEP, States

SOURCES_AT_ONCE: Final = 4
BATCHES_AT_ONCE: Final = 4
MERGES_AT_ONCE: Final = 4
LOADS_AT_ONCE: Final = 4

_FIRST_LOOK: Final = Duration.seconds(2)
_NEXT_LOOK: Final = Duration.seconds(5)


@dataclass(frozen=True, kw_only=True)
class PipelineSteps:
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


def pipeline_definition(states: States, steps: PipelineSteps) -> DefinitionBody:
    """Input `{}` runs what is due; `open_run` validates what narrows it."""
    run = {"run_id": JsonPath.string_at("$.run_id")}

    opened = states.call(
        "OpenRun",
        steps.open_run,
        {
            "input": JsonPath.object_at("$$.Execution.Input"),
            "execution": JsonPath.string_at("$$.Execution.Id"),
        },
    )
    pulled = states.each(
        "PullSources",
        "$.sources",
        SOURCES_AT_ONCE,
        _pull(states, steps),
        {**run, "dataset": JsonPath.string_at("$$.Map.Item.Value.dataset")},
    )
    batches = states.call("PlanBatches", steps.plan_batches, run)
    stage = states.call("StageBatch", steps.stage_batch, timeout=LONG_STEP, without=(KILLED,))
    states.hand_over(stage, "HandBatchToSpark", steps.hand_to_spark, batch_id="$.batch_id")
    staged = states.each("StageBatches", "$.batches", BATCHES_AT_ONCE, stage)
    gold_plan = states.call("PlanGold", steps.plan_gold, run)
    loads = states.call("PlanLoads", steps.plan_loads, run)
    loaded = states.each("LoadWarehouse", "$.loads", LOADS_AT_ONCE, _load(states, steps))
    closed = states.call("CloseRun", steps.close_run, run)

    opened.next(pulled).next(batches).next(
        states.either("AnythingStaged", "$.has_batches", staged, gold_plan)
    )
    staged.next(_silver(states, steps, run, after=gold_plan))
    gold_plan.next(_gold(states, steps, run, after=loads))
    loads.next(loaded).next(closed)
    return DefinitionBody.from_chainable(opened)


def _silver(states: States, steps: PipelineSteps, run: dict[str, Any], *, after: State) -> State:
    """Each dataset by the engine chosen for it; DuckDB goes first, since it may leave some over.

    Whoever chooses sees what functions left unstaged; a run without such asks nothing more.
    """
    chosen = states.call("ChooseEngines", steps.choose_engines, run)
    stage = states.spark("Stage", steps.stage_job)
    chosen_again = states.call("ChooseForStaged", steps.choose_engines, run)
    merge = states.call("MergeDataset", steps.merge_silver, timeout=LONG_STEP, without=(KILLED,))
    states.hand_over(merge, "HandToSpark", steps.hand_to_spark, dataset="$.dataset")
    merged = states.each("MergeSilver", "$.duckdb", MERGES_AT_ONCE, merge)
    left = states.call("LeftToSpark", steps.choose_engines, run)
    silver = states.spark("Silver", steps.silver)
    chosen.next(states.either("SparkStages", "$.stage", stage, merged))
    stage.next(chosen_again).next(merged)
    merged.next(left).next(states.either("SparkMerges", "$.spark", silver, after))
    silver.next(after)
    return chosen


def _gold(states: States, steps: PipelineSteps, run: dict[str, Any], *, after: State) -> State:
    """A function builds what it can; the job then takes every model that is still due, in order."""
    built = states.call("BuildGold", steps.build_gold, run, timeout=LONG_STEP, without=(KILLED,))
    gold = states.spark("Gold", steps.gold)
    states.hand_over(built, "HandGoldToSpark", steps.hand_to_spark, dataset=GOLD_MODELS).next(gold)
    built.next(states.either("SparkBuilds", "$.spark", gold, after))
    gold.next(after)
    return states.either(
        "GoldDue", "$.gold_due", states.either("GoldBySpark", "$.spark", gold, built), after
    )


def _pull(states: States, steps: PipelineSteps) -> Chain:
    pull = states.call("PullSource", steps.ingest_api, timeout=LONG_STEP, also=(SOURCE_DOWN,))
    more = Choice(states, "MoreToPull").when(Condition.boolean_equals("$.more", True), pull)
    return Chain.start(pull).next(more.otherwise(Succeed(states, "Pulled")))


def _load(states: States, steps: PipelineSteps) -> Chain:
    """Submit, then look until done: soon the first time, then rarely.

    An execution's history ends at 25,000 events, and a look is nine.
    """
    submit = states.call("SubmitLoad", steps.load_warehouse, also=(WAREHOUSE_BUSY,))
    confirm = states.call("ConfirmLoad", steps.confirm_load, also=(WAREHOUSE_BUSY,))
    loaded = Succeed(states, "Loaded")
    done = Condition.boolean_equals("$.done", True)
    first = Wait(states, "WaitForLoad", time=WaitTime.duration(_FIRST_LOOK))
    again = Wait(states, "WaitLonger", time=WaitTime.duration(_NEXT_LOOK))
    first.next(confirm).next(
        Choice(states, "LoadDone").when(done, loaded).otherwise(again.next(confirm))
    )
    return Chain.start(submit).next(
        Choice(states, "NothingToLoad").when(done, loaded).otherwise(first)
    )
