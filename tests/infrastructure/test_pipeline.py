"""The state machine: its order, its patience, and that nothing hides a failure."""

from __future__ import annotations

import builtins

import pytest

from dataplatform import errors
from tests.infrastructure.assembly import Assembly

ORDER = (
    *("OpenRun", "PullSources", "PlanBatches", "StageBatches"),
    *("ChooseEngines", "Stage", "ChooseForStaged", "MergeSilver", "LeftToSpark", "Silver"),
    *("PlanGold", "BuildGold", "Gold", "PlanLoads", "LoadWarehouse", "CloseRun"),
)
HANDED_OVER = {
    "StageBatch": "HandBatchToSpark",
    "MergeDataset": "HandToSpark",
    "BuildGold": "HandGoldToSpark",
}
"""Tasks that may outgrow their function, and the state that leaves to Spark what they couldn't."""
HISTORY_LIMIT = 25_000
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


def _main_path(assembly: Assembly) -> list[str]:
    """From the start to the end, with everything due, and for DuckDB first."""
    states, name, path = assembly.machine["States"], assembly.machine["StartAt"], []
    while name:
        state = states[name]
        if state["Type"] == "Choice":
            name = state["Default"] if name == "GoldBySpark" else state["Choices"][0]["Next"]
            continue
        path.append(name)
        name = state.get("Next")
    return path


def test_states_follow_the_rows(dev: Assembly) -> None:
    assert tuple(_main_path(dev)) == ORDER


def test_with_nothing_staged_and_no_gold_due_no_job_starts(dev: Assembly) -> None:
    states = dev.machine["States"]
    assert states["AnythingStaged"]["Default"] == "PlanGold"
    assert states["GoldDue"]["Default"] == "PlanLoads"


def test_spark_stages_only_what_functions_left_and_engines_are_chosen_after_it(
    dev: Assembly,
) -> None:
    states = dev.machine["States"]
    (left,) = states["SparkStages"]["Choices"]
    assert (left["Variable"], left["Next"]) == ("$.stage", "Stage")
    assert states["SparkStages"]["Default"] == "MergeSilver"
    assert states["ChooseForStaged"]["Parameters"] == states["ChooseEngines"]["Parameters"]


def test_a_batch_that_is_handed_over_leaves_the_others_alone(dev: Assembly) -> None:
    processor = dev.machine["States"]["StageBatches"]["ItemProcessor"]["States"]
    assert set(processor) == {"StageBatch", "HandBatchToSpark"}
    assert all(state["End"] for state in processor.values())
    payload = processor["HandBatchToSpark"]["Parameters"]["Payload"]
    assert payload["batch_id.$"] == "$.batch_id"


def test_what_duckdb_did_is_left_out_by_spark(dev: Assembly) -> None:
    states = dev.machine["States"]
    assert states["SparkMerges"]["Default"] == "PlanGold"
    assert states["SparkBuilds"]["Default"] == "PlanLoads"


def test_a_run_by_spark_alone_builds_gold_by_spark_at_once(dev: Assembly) -> None:
    (by_spark,) = dev.machine["States"]["GoldBySpark"]["Choices"]
    assert (by_spark["Variable"], by_spark["Next"]) == ("$.spark", "Gold")


def test_only_a_function_that_outgrew_itself_is_caught_so_that_a_failure_can_be_redriven(
    dev: Assembly,
) -> None:
    caught = {name: state["Catch"] for name, state in dev.states() if "Catch" in state}
    assert {name: [catch["Next"] for catch in found] for name, found in caught.items()} == {
        name: [following] for name, following in HANDED_OVER.items()
    }
    for name, (catch,) in caught.items():
        assert set(catch["ErrorEquals"]) == {
            *("TooLarge", "NotForThisEngine", "MemoryError"),
            *("Runtime.OutOfMemory", "Runtime.ExitError", "Lambda.Unknown"),
            *("Sandbox.Timedout", "States.Timeout"),
        }, name
        assert catch["ResultPath"] == "$.error", name


@pytest.mark.parametrize(("task", "handed"), HANDED_OVER.items())
def test_a_killed_function_is_not_tried_again_but_handed_over_with_its_error(
    dev: Assembly, task: str, handed: str
) -> None:
    states = dict(dev.states())
    (catch,) = states[task]["Catch"]
    retried = {error for retry in states[task]["Retry"] for error in retry["ErrorEquals"]}
    assert not retried & set(catch["ErrorEquals"])
    assert set(states[handed]["Parameters"]["Payload"]) >= {"run_id.$", "error.$"}


def test_errors_that_are_caught_by_a_class_name_have_such_a_class(dev: Assembly) -> None:
    (catch,) = dict(dev.states())["MergeDataset"]["Catch"]
    for name in catch["ErrorEquals"]:
        assert "." in name or hasattr(errors, name) or hasattr(builtins, name)


def test_the_merges_of_one_run_share_nothing_but_the_catch(dev: Assembly) -> None:
    """A dataset that is handed over leaves the other merges alone: each item ends by itself."""
    processor = dev.machine["States"]["MergeSilver"]["ItemProcessor"]["States"]
    assert set(processor) == {"MergeDataset", "HandToSpark"}
    assert all(state["End"] for state in processor.values())


def test_every_task_has_a_timeout(dev: Assembly) -> None:
    tasks = [(name, state) for name, state in dev.states() if state["Type"] == "Task"]
    assert len(tasks) == 20
    for name, state in tasks:
        if state["Resource"].endswith(":glue:startJobRun.sync"):
            assert state["Parameters"]["Timeout"] == 120, f"{name}: minutes, of the run itself"
        else:
            assert state["TimeoutSeconds"] <= 960, name
    assert dev.machine["TimeoutSeconds"] == 6 * 3600


def test_every_retry_is_bounded_and_jittered(dev: Assembly) -> None:
    for name, state in dev.states():
        for retry in state.get("Retry", []):
            assert retry["JitterStrategy"] == "FULL", name
            assert 0 < retry["MaxAttempts"] <= 40, name
            assert retry["MaxDelaySeconds"] <= 300, name


def test_every_function_call_outlasts_throttling_and_a_held_lease(dev: Assembly) -> None:
    for name, state in dev.states():
        if state["Type"] == "Task" and state["Resource"].endswith(":lambda:invoke"):
            errors = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
            assert {"Lambda.TooManyRequestsException", "LeaseHeld"} <= errors, name


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ("SourceUnavailable", "PullSource"),
        ("ActiveStatementsExceededException", "SubmitLoad"),
        ("Glue.ConcurrentRunsExceededException", "Silver"),
        ("Glue.ConcurrentRunsExceededException", "Gold"),
    ],
)
def test_a_retry_stands_where_its_error_can_arise(dev: Assembly, error: str, state: str) -> None:
    retries = dict(dev.states())[state]["Retry"]
    assert any(error in retry["ErrorEquals"] for retry in retries)


@pytest.mark.parametrize(
    "error",
    [
        *("SourceRejected", "SourceNotConfigured", "InvalidRunInput"),
        *("WarehouseLoadFailed", "BooksUnbalanced", "DatasetsFailed", "AuditFailed"),
        *("TooLarge", "NotForThisEngine"),
        "States.ALL",
    ],
)
def test_an_error_that_a_retry_cannot_mend_fails_at_once(dev: Assembly, error: str) -> None:
    for name, state in dev.states():
        for retry in state.get("Retry", []):
            assert error not in retry["ErrorEquals"], name


def test_a_lost_spark_run_is_tried_once_more(dev: Assembly) -> None:
    for name in ("Silver", "Gold"):
        (lost,) = (
            retry
            for retry in dict(dev.states())[name]["Retry"]
            if retry["ErrorEquals"] == ["States.TaskFailed"]
        )
        assert lost["MaxAttempts"] == 1


def test_maps_leave_room_in_a_new_accounts_concurrency(dev: Assembly) -> None:
    for name, state in dev.states():
        if state["Type"] == "Map":
            assert 0 < state["MaxConcurrency"] <= 4, name
            assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "INLINE", name


def test_an_hour_of_looking_at_loads_fits_an_executions_history(dev: Assembly) -> None:
    states = dict(dev.states())
    events_of_a_look = 9  # wait 2, task 5, choice 2
    looks = 3600 / states["WaitLonger"]["Seconds"]
    assert (
        looks * events_of_a_look * states["LoadWarehouse"]["MaxConcurrency"] <= HISTORY_LIMIT * 1.1
    )


def test_jobs_are_told_only_the_run(dev: Assembly) -> None:
    for name in ("Silver", "Gold"):
        state = dict(dev.states())[name]
        assert state["Resource"].endswith(":glue:startJobRun.sync")
        assert state["Parameters"]["Arguments"] == {"--run_id.$": "$.run_id"}


def test_only_ids_travel_between_states(dev: Assembly) -> None:
    selector = dict(dev.states())["PullSources"]["ItemSelector"]
    assert set(selector) == {"run_id.$", "dataset.$"}


def test_executions_are_logged_whole_and_traced(stage: Assembly) -> None:
    for machine in stage.resources("AWS::StepFunctions::StateMachine"):
        logging = machine.properties["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True), machine
        assert machine.properties["TracingConfiguration"] == {"Enabled": True}, machine


@pytest.mark.parametrize("machine", ["pipeline", "maintenance"])
def test_a_failed_run_reaches_the_operator(stage: Assembly, machine: str) -> None:
    rule = stage.one("AWS::Events::Rule", Description=f"A run of the {machine} failed")
    assert rule.properties["EventPattern"]["detail"]["status"] == [
        *("FAILED", "TIMED_OUT", "ABORTED")
    ]
    (target,) = rule.properties["Targets"]
    (topic,) = stage.resources("AWS::SNS::Topic")
    assert target["Arn"] == {"Ref": topic.logical_id}


def test_who_wants_mail_gets_it(dev: Assembly, prod: Assembly) -> None:
    assert not dev.resources("AWS::SNS::Subscription")
    (subscription,) = prod.resources("AWS::SNS::Subscription")
    assert subscription.properties["Endpoint"] == "operator@example.com"


def test_schedule_and_arrivals_are_switches(dev: Assembly, prod: Assembly) -> None:
    assert not dev.resources("AWS::Scheduler::Schedule")
    schedule = prod.one("AWS::Scheduler::Schedule", Name="weir-prod-pipeline")
    assert schedule.properties["Target"]["Input"] == '{"pull":true}'
    assert len(prod.resources("AWS::Lambda::EventSourceMapping")) == 2
    assert len(dev.resources("AWS::Lambda::EventSourceMapping")) == 1


def test_a_run_that_ends_starts_another_for_what_landed_meanwhile(prod: Assembly) -> None:
    rule = prod.one(
        "AWS::Events::Rule",
        Description="A run has ended: start another for what landed meanwhile",
    )
    assert rule.properties["EventPattern"]["detail"]["status"] == ["SUCCEEDED"]


def test_a_starter_that_always_fails_alarms_within_the_hours_of_its_schedule(
    prod: Assembly,
) -> None:
    """Lambda tries an asynchronous call three times: that is all the errors an hour has."""
    assert (
        prod.one("AWS::Scheduler::Schedule", Name="weir-prod-pipeline").properties[
            "ScheduleExpression"
        ]
        == "rate(1 hour)"
    )
    alarm = prod.one("AWS::CloudWatch::Alarm", AlarmName="weir-prod-startererrors").properties
    assert alarm["Period"] == 3600
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["Threshold"] <= 3


def test_every_alarm_tells_somebody(stage: Assembly) -> None:
    alarms = stage.resources("AWS::CloudWatch::Alarm")
    assert len(alarms) >= 4
    assert all(alarm.properties["AlarmActions"] for alarm in alarms)
