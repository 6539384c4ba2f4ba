"""What breaks while the pipeline runs: nothing is half done, and the next run carries on."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.embedded.faults import denied, hurried, poisoned, source_closed, source_down
from tests.embedded.harness import Platform, assert_balanced, wait_until
from tests.embedded.test_bad_input import csv, store

pytestmark = pytest.mark.embedded

EDITED = "1998-0000077"


@pytest.fixture(autouse=True)
def balanced_in_the_end(platform: Platform) -> Iterator[None]:
    """Whatever broke: nothing is left to do, and every record has one outcome."""
    yield
    assert platform.target.ledger.unfinished_batches() == []
    for books in platform.books().values():
        assert_balanced(books)


def test_a_source_that_is_down_leaves_nothing_half_done_and_ctrl_c_only_the_watching(
    platform: Platform,
) -> None:
    ledger = platform.target.ledger
    books, cursor = platform.totals("sales"), ledger.cursor("sales")
    platform.edit_sale(EDITED, {"store_cost": f"{time.time() % 1000:.4f}"})
    with source_down(platform):
        watching = platform.start("run")
        execution = newest_execution(platform, after=ledger.runs(1)[0].execution)
        wait_until(lambda: failures(platform, execution) != [], 90, "the first try fails")
        began = time.monotonic()
        os.killpg(watching.pid, signal.SIGINT)
        said, _ = watching.communicate(timeout=30)
        assert (watching.returncode, time.monotonic() - began < 2) == (130, True), said
        assert "Interrupted." in said
        assert "./weir status" in said
        assert set(failures(platform, execution)) == {"SourceUnavailable"}
        assert ledger.cursor("sales") == cursor
        assert ledger.due_objects("sales") == []
    wait_until(lambda: state(platform, execution) != "RUNNING", 240, "the source's return")
    assert state(platform, execution) == "SUCCEEDED"
    one_more = {name: books[name] + 1 for name in ("source", "updated")}
    assert platform.totals("sales") == books | one_more


def test_a_source_that_stays_closed_fails_the_run_loudly_and_redriven_it_takes_what_it_missed(
    platform: Platform,
) -> None:
    ledger, number = platform.target.ledger, new_store(platform)
    books, cursor = platform.books(), ledger.cursor("sales")
    tables, jobs = platform.snapshots(), platform.job_runs()
    platform.edit_sale(EDITED, {"store_cost": f"{time.time() % 1000:.4f}"})
    with source_closed(platform), hurried(platform):
        said = platform.fails("run")
    execution = ledger.runs(1)[0].execution
    retry = retrier(platform, "PullSource", "SourceUnavailable")
    assert (retry["JitterStrategy"], retry["BackoffRate"]) == ("FULL", 2)
    assert failures(platform, execution) == ["SourceUnavailable"] * (1 + retry["MaxAttempts"])
    assert state(platform, execution) == "FAILED"
    assert "SourceUnavailable" in said and "503" in said
    assert "./weir status --run" in said and "then ./weir run" in said
    assert ledger.cursor("sales") == cursor
    assert ledger.due_objects("sales") == [] and ledger.unfinished_batches() == []
    assert (platform.books(), platform.snapshots(), platform.job_runs()) == (books, tables, jobs)
    shown = platform.json("status")["runs"][0]
    assert shown["state"] == "failed" and "SourceUnavailable" in shown["error"]
    assert "then ./weir run" in platform.weir("status").stdout

    redriven = platform.json("redrive")
    assert redriven["run"] == shown["run"]
    assert state(platform, execution) == "SUCCEEDED"
    for dataset, outcome in (("sales", ("updated",)), ("stores", ("inserted", "live"))):
        one_more = {name: books[dataset][name] + 1 for name in ("source", *outcome)}
        assert platform.totals(dataset) == books[dataset] | one_more
    assert in_warehouse(platform, number) == [number]


def test_a_record_arrives_once_through_a_revoked_right_a_killed_job_and_broken_loads(
    platform: Platform,
) -> None:
    number = new_store(platform)
    books, snapshot = platform.totals("stores"), platform.snapshots()["silver.stores"]
    landing, gold = (platform.target.output(f"{zone}Bucket") for zone in ("Landing", "Gold"))

    role = function_role(platform, "stage-batch")
    with denied(platform, role, "s3:GetObjectVersion", f"arn:aws:s3:::{landing}/*"):
        assert "AccessDenied" in platform.fails("run")
    assert platform.totals("stores") == books

    # The killed job is started again by the state machine, and finds a lease that nobody gave back.
    job = platform.target.output("SilverJob")
    before = platform.job_runs()["SilverJob"]
    namespace = platform.target.names.resource("warehouse")
    warehouse = platform.client("redshift-serverless").get_namespace(namespaceName=namespace)
    copy_role = warehouse["namespace"]["defaultIamRoleArn"]
    with denied(platform, copy_role, "s3:GetObject", f"arn:aws:s3:::{gold}/*"):
        run = platform.start("run", "--engine", "spark")
        kill_when_running(platform, job, known=before)
        assert platform.snapshots()["silver.stores"] == snapshot, "killed before its commit"
        said, _ = run.communicate(timeout=300)
    assert (run.returncode, "WarehouseLoadFailed" in said) == (1, True), said
    assert platform.job_runs()["SilverJob"] == before + 2
    assert in_warehouse(platform, number) == []

    with poisoned(platform, "dim_store"):
        assert "WarehouseLoadFailed" in platform.fails("run")
    assert in_warehouse(platform, number) == []

    started = platform.job_runs()
    platform.json("run")
    assert platform.job_runs() == started, "what was computed isn't computed again"
    assert in_warehouse(platform, number) == [number]
    one_more = {name: books[name] + 1 for name in ("source", "inserted", "live")}
    assert platform.totals("stores") == books | one_more


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_who_fails_after_a_commit_is_told_by_the_table_and_commits_no_more(
    platform: Platform, engine: str
) -> None:
    number = new_store(platform)
    books, before = platform.totals("stores"), platform.snapshots()["silver.stores"]
    # Publishing a batch is the one thing for which silver deletes in the ledger.
    with denied(platform, silver_role(platform, engine), "dynamodb:DeleteItem"):
        said = platform.fails("run", "--engine", engine)
    assert "DatasetsFailed" in said
    assert "stores" in said
    committed = platform.snapshots()["silver.stores"]
    assert committed != before
    assert platform.totals("stores") == books, "the ledger wasn't told"
    assert in_warehouse(platform, number) == []

    platform.json("run")
    assert platform.snapshots()["silver.stores"] == committed
    one_more = {name: books[name] + 1 for name in ("source", "inserted", "live")}
    assert platform.totals("stores") == books | one_more
    assert platform.table("silver.stores", where=f"store_id = {number}").num_rows == 1
    assert in_warehouse(platform, number) == [number]


def new_store(platform: Platform) -> int:
    """Land a store that nobody knows; returns its number."""
    known = platform.target.warehouse.query("SELECT MAX(store_id) AS last FROM gold.dim_store")
    number = int(known[0]["last"]) + 1
    platform.land(f"stores/new-{number}.csv", csv(store(number)))
    return number


def function_role(platform: Platform, function: str) -> str:
    """The role of a function, by the name that the command line gives it."""
    name = platform.target.names.resource(function)
    return str(platform.client("lambda").get_function_configuration(FunctionName=name)["Role"])


def silver_role(platform: Platform, engine: str) -> str:
    """The role of who makes silver."""
    if engine == "duckdb":
        return function_role(platform, "merge-silver")
    job = platform.target.output("SilverJob")
    return str(platform.client("glue").get_job(JobName=job)["Job"]["Role"])


def in_warehouse(platform: Platform, number: int) -> list[int]:
    rows = platform.sql(f"SELECT store_id FROM gold.dim_store WHERE store_id = {number}")
    return [row["store_id"] for row in rows]


def newest_execution(platform: Platform, *, after: str) -> str:
    """The execution of the run that comes next."""

    def newest() -> str:
        return str(platform.target.ledger.runs(1)[0].execution)

    wait_until(lambda: newest() != after, 60, "a run")
    return newest()


def state(platform: Platform, execution: str) -> str:
    states = platform.client("stepfunctions")
    return str(states.describe_execution(executionArn=execution)["status"])


def failures(platform: Platform, execution: str) -> list[str]:
    """Errors of an execution's tasks so far."""
    states = platform.client("stepfunctions")
    history: list[dict[str, Any]] = []
    for page in states.get_paginator("get_execution_history").paginate(executionArn=execution):
        history += page["events"]
    details = ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails")
    return [str(event[name]["error"]) for event in history for name in details if name in event]


def retrier(platform: Platform, name: str, error: str) -> dict[str, Any]:
    """How often and how the deployed state machine tries a state again after an error."""
    arn = platform.target.output("PipelineArn")
    machine = platform.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    found: list[dict[str, Any]] = []

    def look(states: dict[str, Any]) -> None:
        for key, value in states.items():
            found.extend(value["Retry"] if key == name and "Retry" in value else [])
            look(value.get("ItemProcessor", {}).get("States", {}))

    look(json.loads(machine["definition"])["States"])
    (matching,) = [retry for retry in found if error in retry["ErrorEquals"]]
    return matching


def kill_when_running(platform: Platform, job: str, *, known: int) -> None:
    """Stop the job's next run as soon as its driver works, and wait until it has ended."""
    glue = platform.client("glue")

    def newest() -> dict[str, Any]:
        runs: list[dict[str, Any]] = glue.get_job_runs(JobName=job)["JobRuns"]
        return max(runs, key=lambda run: run["StartedOn"]) if len(runs) > known else {}

    wait_until(lambda: newest().get("JobRunState") == "RUNNING", 120, "the job works")
    run_id = newest()["Id"]
    glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])

    def stopped() -> bool:
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return bool(run["JobRunState"] == "STOPPED")

    wait_until(stopped, 30, "the job has ended")
