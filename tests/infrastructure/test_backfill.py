"""Backfills: bounded, resumable, beside the pipeline and not in its place."""

from __future__ import annotations

from stacks.orchestration.backfill import CHUNKS_AT_ONCE
from tests.infrastructure.assembly import Assembly, listed

MACHINE = "backfill"
WRITES = {"s3:PutObject", "glue:UpdateTable"}


def test_chunks_are_done_side_by_side_but_boundedly(dev: Assembly) -> None:
    state = dict(dev.states(MACHINE))["RederiveChunks"]
    assert state["MaxConcurrency"] == CHUNKS_AT_ONCE


def test_a_chunk_that_outgrows_its_function_leaves_the_others_going(dev: Assembly) -> None:
    states = dict(dev.states(MACHINE))
    (catch,) = states["RederiveChunk"]["Catch"]
    assert {"TooLarge", "Sandbox.Timedout", "LeaseHeld"} <= set(catch["ErrorEquals"])
    assert catch["Next"] == "GiveUpChunk"
    assert [name for name, state in states.items() if "Catch" in state] == ["RederiveChunk"]


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
    assert len(calls) == 4
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


def test_who_derives_rows_anew_reads_no_landed_object_and_no_gold(dev: Assembly) -> None:
    policies = dev.policies_of("RederiveChunkRole")
    for zone in ("Landing", "Gold"):
        assert not [
            action
            for statement in policies
            if zone in str(statement["Resource"])
            for action in listed(statement["Action"])
        ], zone
    assert WRITES <= {a for s in policies for a in listed(s["Action"])}
