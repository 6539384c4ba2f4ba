"""The maintenance on a whole platform: its tables are the same afterwards, and the books too."""

from __future__ import annotations

import pytest

from dataplatform.adapters.iceberg import open_table
from dataplatform.adapters.iceberg_rewrite import Files, Layout
from dataplatform.ledger.records import table_lease
from dataplatform.ledger.upkeep import Upkeep
from dataplatform.maintenance.bins import MIN_FILES
from tests.embedded.harness import Platform, assert_balanced, wait_until
from tests.embedded.test_faults import new_store

pytestmark = pytest.mark.embedded

STORES = "silver.stores"


def layout(platform: Platform) -> Layout:
    """How the stores lie in the lake."""
    return Files(open_table(platform.target.plan.dataset("stores").silver_table)).layout


def one_batch(platform: Platform) -> None:
    """A batch of one new store, a file of its own in silver."""
    new_store(platform)
    platform.json("run", "stores")


def small_batches(platform: Platform) -> Layout:
    """As many batches as make the files worth joining, beside those that other tests left."""
    while (found := layout(platform)).files < MIN_FILES:
        one_batch(platform)
    return found


def test_small_batches_are_joined_and_nobody_can_tell(platform: Platform) -> None:
    before, books = small_batches(platform), platform.books()
    rows = sorted(platform.table(STORES)["store_id"].to_pylist())
    done = platform.json("maintain", STORES)["tables"][STORES]
    after = layout(platform)
    assert done["state"] == "done"
    assert (done["files_before"], done["files"]) == (before.files, after.files)
    assert after.files == 1 < before.files
    assert sorted(platform.table(STORES)["store_id"].to_pylist()) == rows
    assert platform.books() == books
    # The next batch is merged into the joined file, and gold follows from the sequence it had.
    one_batch(platform)
    assert_balanced(platform.totals("stores"))
    assert len(platform.table(STORES)) == len(rows) + 1


def test_every_table_can_be_looked_after_and_a_run_then_has_nothing_to_do(
    platform: Platform,
) -> None:
    snapshots = platform.snapshots()
    tables = platform.json("maintain")["tables"]
    assert not {name: each["detail"] for name, each in tables.items() if each["state"] != "done"}
    assert {name for name in tables if name.startswith(("silver.", "gold."))} >= set(snapshots)
    runs = platform.job_runs()
    assert platform.json("run")["datasets"] == {}
    assert platform.job_runs() == runs


def test_a_table_in_a_writers_hands_is_left_alone(platform: Platform) -> None:
    small_batches(platform)
    ledger = platform.target.ledger
    name = platform.target.plan.dataset("stores").silver_table
    snapshot = platform.snapshot(STORES)
    with ledger.lease(table_lease(name), "a writer", 600):
        done = platform.json("maintain", STORES)["tables"][STORES]
    assert done["state"] == "skipped" and "a writer" in done["detail"]
    assert platform.snapshot(STORES) == snapshot


def test_what_is_left_to_spark_is_joined_by_the_job(platform: Platform) -> None:
    before, ledger = small_batches(platform), platform.target.ledger
    name = platform.target.plan.dataset("stores").silver_table
    ledger.note_upkeep(Upkeep(run="by-hand", table=name, state="spark"))
    glue, job = platform.client("glue"), platform.target.names.resource("maintain")
    run = glue.start_job_run(JobName=job, Arguments={"--run_id": "by-hand"})["JobRunId"]
    wait_until(
        lambda: glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] == "SUCCEEDED",
        180,
        "the job",
    )
    (done,) = ledger.upkeep("by-hand")
    after = layout(platform)
    assert (done.state, done.engine, done.detail) == ("done", "spark", "")
    assert (done.files, done.rows) == (after.files, after.rows)
    assert after.files < before.files
    assert after.rows == before.rows
    # Spark's rewrite hides nothing of what the pipeline looks for in the table.
    one_batch(platform)
    assert_balanced(platform.totals("stores"))
