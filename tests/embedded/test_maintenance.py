"""The maintenance on a whole platform: its tables are the same afterwards, and the books too."""

from __future__ import annotations

import pytest

from dataplatform.adapters.iceberg import open_table
from dataplatform.adapters.iceberg_rewrite import Files
from dataplatform.ledger.records import table_lease
from dataplatform.ledger.upkeep import Upkeep
from tests.embedded.harness import Platform, assert_balanced, wait_until

pytestmark = pytest.mark.embedded

STORES = "silver.stores"
SMALL_BATCHES = 6


def land_small_batches(platform: Platform, store: int) -> None:
    """Batches of one new store each, each a file of its own in silver."""
    (row,) = [r for r in platform.table(STORES).to_pylist()][:1]
    plan = platform.target.plan.dataset("stores")
    names = [column.name for column in plan.columns]
    for number in range(store, store + SMALL_BATCHES):
        values = {**row, "store_id": number}
        line = ",".join("" if values[n] is None else str(values[n]) for n in names)
        platform.land(f"stores/small-{number}.csv", f"{','.join(names)}\n{line}\n".encode())
        platform.json("run", "stores")


def test_small_batches_are_joined_and_nobody_can_tell(platform: Platform) -> None:
    land_small_batches(platform, 9_000)
    name = platform.target.plan.dataset("stores").silver_table
    before, books = Files(open_table(name)).layout, platform.books()
    rows = sorted(platform.table(STORES)["store_id"].to_pylist())
    done = platform.json("maintain", STORES)["tables"][STORES]
    after = Files(open_table(name)).layout
    assert done["state"] == "done"
    assert (done["files_before"], done["files"]) == (before.files, after.files)
    assert (before.files > SMALL_BATCHES, after.files) == (True, 1)
    assert sorted(platform.table(STORES)["store_id"].to_pylist()) == rows
    assert platform.books() == books
    # The next batch is merged into the joined file, and gold follows from the sequence it had.
    land_small_batches(platform, 9_100)
    assert_balanced(platform.totals("stores"))
    assert len(platform.table(STORES)) == len(rows) + SMALL_BATCHES


def test_every_table_can_be_looked_after_and_a_run_then_has_nothing_to_do(
    platform: Platform,
) -> None:
    snapshots = platform.snapshots()
    tables = platform.json("maintain")["tables"]
    assert {each["state"] for each in tables.values()} == {"done"}
    assert {name for name in tables if name.startswith(("silver.", "gold."))} >= set(snapshots)
    runs = platform.job_runs()
    assert platform.json("run")["datasets"] == {}
    assert platform.job_runs() == runs


def test_a_table_in_a_writers_hands_is_left_alone(platform: Platform) -> None:
    land_small_batches(platform, 9_400)
    ledger = platform.target.ledger
    name = platform.target.plan.dataset("stores").silver_table
    snapshot = platform.snapshot(STORES)
    with ledger.lease(table_lease(name), "a writer", 600):
        done = platform.json("maintain", STORES)["tables"][STORES]
    assert done["state"] == "skipped" and "a writer" in done["detail"]
    assert platform.snapshot(STORES) == snapshot


def test_what_is_left_to_spark_is_joined_by_the_job(platform: Platform) -> None:
    land_small_batches(platform, 9_200)
    name = platform.target.plan.dataset("stores").silver_table
    before, ledger = Files(open_table(name)).layout, platform.target.ledger
    ledger.note_upkeep(Upkeep(run="by-hand", table=name, state="spark"))
    glue, job = platform.client("glue"), platform.target.names.resource("maintain")
    run = glue.start_job_run(JobName=job, Arguments={"--run_id": "by-hand"})["JobRunId"]
    wait_until(
        lambda: glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] == "SUCCEEDED",
        180,
        "the job",
    )
    (done,) = ledger.upkeep("by-hand")
    after = Files(open_table(name)).layout
    assert (done.state, done.engine, done.detail) == ("done", "spark", "")
    assert (done.files, done.rows) == (after.files, after.rows)
    assert after.files < before.files
    assert after.rows == before.rows
    # Spark's rewrite hides nothing of what the pipeline looks for in the table.
    land_small_batches(platform, 9_300)
    assert_balanced(platform.totals("stores"))
