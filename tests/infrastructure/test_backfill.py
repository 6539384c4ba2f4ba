"""Backfills: bounded, resumable, beside the pipeline and not in its place."""

from __future__ import annotations

import pytest

from dataplatform.settings import BackfillSettings, EngineSettings
from stacks.orchestration.backfill import CHUNKS_AT_ONCE
from tests.infrastructure.assembly import Assembly, listed

MACHINE = "backfill"
WRITES = {"s3:PutObject", "glue:UpdateTable"}


def test_chunks_are_done_side_by_side_but_boundedly(dev: Assembly) -> None:
    state = dict(dev.states(MACHINE))["BackfillChunks"]
    assert state["MaxConcurrency"] == CHUNKS_AT_ONCE


def test_a_chunk_that_outgrows_its_function_is_left_to_spark(dev: Assembly) -> None:
    states = dict(dev.states(MACHINE))
    held, outgrown = states["BackfillChunk"]["Catch"]
    assert (held["ErrorEquals"], held["Next"]) == (["LeaseHeld"], "GiveUpChunk")
    assert {"TooLarge", "NotForThisEngine", "Sandbox.Timedout"} <= set(outgrown["ErrorEquals"])
    assert outgrown["Next"] == "LeaveChunkToSpark"
    assert [name for name, state in states.items() if "Catch" in state] == ["BackfillChunk"]
    told = {n: states[n]["Parameters"]["Payload"] for n in ("GiveUpChunk", "LeaveChunkToSpark")}
    assert [payload["to_spark"] for payload in told.values()] == [False, True]


def test_spark_does_what_is_left_once_functions_have_ended(dev: Assembly) -> None:
    states = dict(dev.states(MACHINE))
    assert states["BackfillChunks"]["Next"] == "LeftToSpark"
    (choice,) = states["SparkBackfills"]["Choices"]
    assert (choice["Variable"], choice["Next"]) == ("$.spark", "Backfill")
    assert states["SparkBackfills"]["Default"] == states["Backfill"]["Next"] == "CloseBackfill"
    job = states["Backfill"]
    assert job["Resource"].endswith("glue:startJobRun.sync")
    assert job["Parameters"]["JobName"] == "weir-dev-backfill"
    assert job["Parameters"]["Arguments"] == {"--run_id.$": "$.run_id"}
    lost = [r for r in job["Retry"] if "States.TaskFailed" in r["ErrorEquals"]]
    assert [retry["MaxAttempts"] for retry in lost] == [1]


def test_engines_are_chosen_by_the_limits_of_the_pipeline(dev: Assembly) -> None:
    def variables(name: str) -> dict[str, str]:
        function = dev.one("AWS::Lambda::Function", FunctionName=f"weir-dev-{name}")
        given = function.properties["Environment"]["Variables"].items()
        return {name: str(value) for name, value in given}  # names of resources are references

    ours = BackfillSettings.from_environment(variables("plan-backfill"))
    theirs = EngineSettings.from_environment(variables("choose-engines"))
    for limit in ("batch_bytes", "rows", "table_bytes"):
        assert getattr(ours, limit) == getattr(theirs, limit), limit
    job = dev.one("AWS::Glue::Job", Name="weir-dev-backfill")
    assert int(ours.dpu) == job.properties["NumberOfWorkers"]


def test_a_dry_run_ends_before_anything_is_touched(dev: Assembly) -> None:
    choice = dict(dev.states(MACHINE))["OnlyPlanned"]
    assert [each["Next"] for each in choice["Choices"]] == ["Planned"]
    assert choice["Choices"][0]["Variable"] == "$.dry_run"


def test_gold_follows_by_the_pipeline_and_takes_up_no_records(dev: Assembly) -> None:
    gold = dict(dev.states(MACHINE))["RefreshGold"]
    assert gold["Resource"].endswith("states:startExecution.sync:2")
    # Nothing beside it: the pipeline refuses what it doesn't know.
    assert gold["Parameters"]["Input"] == {"refresh": True}


def test_every_function_has_a_timeout_and_bounded_retries(dev: Assembly) -> None:
    calls = {n: s for n, s in dev.states(MACHINE) if "lambda:invoke" in s.get("Resource", "")}
    assert len(calls) == 6
    for name, state in calls.items():
        assert "TimeoutSeconds" in state, name
        for retry in state["Retry"]:
            assert retry["JitterStrategy"] == "FULL" and 0 < retry["MaxAttempts"] <= 40, name


def test_nothing_starts_a_backfill_but_a_person(prod: Assembly) -> None:
    found = prod.resources("AWS::Scheduler::Schedule")
    assert "weir-prod-backfill" not in [each.properties["Name"] for each in found]


def test_who_plans_reads_bronze_and_writes_no_table(dev: Assembly) -> None:
    given = {a for s in dev.policies_of("PlanBackfillRole") for a in listed(s["Action"])}
    assert {"s3:GetObject*", "glue:GetTable", "states:DescribeExecution"} <= given
    assert not given & WRITES


@pytest.mark.parametrize("role", ["BackfillChunkRole", "BackfillRole"])
def test_who_derives_rows_anew_reads_no_landed_object_and_no_gold(dev: Assembly, role: str) -> None:
    policies = dev.policies_of(role)
    for zone in ("Landing", "Gold"):
        assert not [
            action
            for statement in policies
            if zone in str(statement["Resource"])
            for action in listed(statement["Action"])
        ], zone
    assert WRITES <= {a for s in policies for a in listed(s["Action"])}


def test_whoever_waits_for_a_table_may_ask_whether_the_job_goes_on(dev: Assembly) -> None:
    def asks(role: str, job: str) -> bool:
        return any(
            "glue:GetJobRun" in listed(statement["Action"])
            and f"job/weir-dev-{job}" in str(statement["Resource"])
            for statement in dev.policies_of(role)
        )

    for role in ("SilverRole", "MergeSilverRole", "BackfillChunkRole", "StageRole"):
        assert asks(role, "backfill"), role
    for job in ("silver", "stage", "maintain", "backfill"):
        assert asks("BackfillRole", job), job
