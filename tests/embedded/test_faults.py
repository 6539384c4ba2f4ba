"""What breaks while the pipeline runs: nothing is half done, and the next run carries on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.embedded.faults import denied, poisoned, source_down
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


def test_a_record_arrives_once_through_a_revoked_right_a_killed_job_and_broken_loads(
    platform: Platform,
) -> None:
    number = new_store(platform)
    books, snapshot = platform.totals("stores"), platform.snapshots()["silver.stores"]
    landing, gold = (platform.target.output(f"{zone}Bucket") for zone in ("Landing", "Gold"))

    function = platform.target.names.resource("stage-batch")
    role = platform.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    with denied(platform, role, "s3:GetObjectVersion", f"arn:aws:s3:::{landing}/*"):
        assert "AccessDenied" in platform.fails("run")
    assert platform.totals("stores") == books

    # The killed job is started again by the state machine, and finds a lease that nobody gave back.
    job = platform.target.output("SilverJob")
    before = platform.job_runs()[job]
    namespace = platform.target.names.resource("warehouse")
    warehouse = platform.client("redshift-serverless").get_namespace(namespaceName=namespace)
    copy_role = warehouse["namespace"]["defaultIamRoleArn"]
    with denied(platform, copy_role, "s3:GetObject", f"arn:aws:s3:::{gold}/*"):
        run = platform.start("run")
        kill_when_running(platform, job, known=before)
        assert platform.snapshots()["silver.stores"] == snapshot, "killed before its commit"
        said, _ = run.communicate(timeout=300)
    assert (run.returncode, "WarehouseLoadFailed" in said) == (1, True), said
    assert platform.job_runs()[job] == before + 2
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


def test_a_job_that_fails_after_its_commit_is_told_by_the_table_and_commits_no_more(
    platform: Platform,
) -> None:
    number = new_store(platform)
    books, before = platform.totals("stores"), platform.snapshots()["silver.stores"]
    job = platform.client("glue").get_job(JobName=platform.target.output("SilverJob"))["Job"]
    # Publishing a batch is the one thing for which silver deletes in the ledger.
    with denied(platform, job["Role"], "dynamodb:DeleteItem"):
        said = platform.fails("run")
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
