"""The maintenance on a whole platform: its tables are the same afterwards, and the books too."""

from __future__ import annotations

import pytest

from dataplatform.adapters.iceberg.rewrite import Files, Layout
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.ledger.maintenance import TableMaintenance
from dataplatform.ledger.records import table_lease
from dataplatform.maintenance.bins import MIN_FILES
from dataplatform.naming import Zone
from tests.embedded.harness import Platform, assert_balanced, wait_until
from tests.embedded.test_faults import in_warehouse, new_store

pytestmark = pytest.mark.embedded

STORES = "silver.stores"
DIMENSION = "gold.dim_store"


def full_name(platform: Platform, table: str) -> str:
    """A table as the catalogue calls it."""
    zone, _, bare = table.partition(".")
    return platform.target.names.table(Zone(zone), bare)


def layout(platform: Platform, table: str) -> Layout:
    """How a table lies in the lake."""
    return Files(open_table(full_name(platform, table))).layout


def one_batch(platform: Platform) -> int:
    """A batch of one new store, a file of its own in silver and gold; returns its number."""
    number = new_store(platform)
    platform.json("run", "stores")
    return number


@pytest.fixture(scope="module", autouse=True)
def small_batches(platform: Platform) -> None:
    """As many batches as make files worth joining, beside those that other tests left.

    One test joins silver's, another gold's: making them takes longer than joining.
    """
    while min(layout(platform, table).files for table in (STORES, DIMENSION)) < MIN_FILES:
        one_batch(platform)


def test_a_table_in_a_writers_hands_is_left_alone(platform: Platform) -> None:
    assert layout(platform, STORES).files >= MIN_FILES, "there is something to do"
    ledger = platform.target.ledger
    name = full_name(platform, STORES)
    snapshot = platform.snapshot(STORES)
    with ledger.lease(table_lease(name), "a writer", 600):
        done = platform.json("maintain", STORES)["tables"][STORES]
    assert done["state"] == "skipped" and "a writer" in done["detail"]
    assert platform.snapshot(STORES) == snapshot


def test_small_batches_are_joined_and_nobody_can_tell(platform: Platform) -> None:
    before, books = layout(platform, STORES), platform.books()
    rows = sorted(platform.table(STORES)["store_id"].to_pylist())
    done = platform.json("maintain", STORES)["tables"][STORES]
    after = layout(platform, STORES)
    assert done["state"] == "done"
    assert (done["files_before"], done["files"]) == (before.files, after.files)
    assert after.files == 1 < before.files
    assert sorted(platform.table(STORES)["store_id"].to_pylist()) == rows
    assert platform.books() == books
    # The next batch is merged into the joined file, and gold follows from the sequence it had.
    one_batch(platform)
    assert_balanced(platform.totals("stores"))
    assert len(platform.table(STORES)) == len(rows) + 1


def test_what_is_left_to_spark_is_joined_by_the_job(platform: Platform) -> None:
    before, ledger = layout(platform, DIMENSION), platform.target.ledger
    name = full_name(platform, DIMENSION)
    ledger.note_maintenance(TableMaintenance(run="by-hand", table=name, state="spark"))
    glue, job = platform.client("glue"), platform.target.names.resource("maintain")
    run = glue.start_job_run(JobName=job, Arguments={"--run_id": "by-hand"})["JobRunId"]
    wait_until(
        lambda: glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] == "SUCCEEDED",
        180,
        "the job",
    )
    (done,) = ledger.maintenance("by-hand")
    after = layout(platform, DIMENSION)
    assert (done.state, done.engine, done.detail) == ("done", "spark", "")
    assert (done.files, done.rows) == (after.files, after.rows)
    assert after.files < before.files
    assert after.rows == before.rows
    # Spark's rewrite hides nothing of what the pipeline looks for in the table.
    number = one_batch(platform)
    assert len(platform.table(DIMENSION)) == before.rows + 1
    assert in_warehouse(platform, number) == [number]


def test_every_table_can_be_looked_after_and_a_run_then_has_nothing_to_do(
    platform: Platform,
) -> None:
    snapshots = platform.snapshots()
    answer = platform.json("maintain")
    tables = answer["tables"]
    paid = [each["cost"]["total"] for each in tables.values()]
    assert min(paid) > 0 and sum(paid) < answer["cost"]["total"], "planning it is paid for, too"
    assert not {name: each["detail"] for name, each in tables.items() if each["state"] != "done"}
    assert {name for name in tables if name.startswith(("silver.", "gold."))} >= set(snapshots)
    runs = platform.job_runs()
    assert platform.json("run")["datasets"] == {}
    assert platform.job_runs() == runs
