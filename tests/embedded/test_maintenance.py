"""The maintenance on a whole platform: its tables are the same afterwards, and the books too."""

from __future__ import annotations

import pytest

from dataplatform.adapters.iceberg import open_table
from dataplatform.adapters.iceberg_rewrite import Files
from dataplatform.ledger.records import table_lease
from tests.embedded.harness import Platform, assert_balanced

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
    assert after.files == before.files - SMALL_BATCHES < before.files
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
    ledger = platform.target.ledger
    name = platform.target.plan.dataset("stores").silver_table
    snapshot = platform.snapshot(STORES)
    with ledger.lease(table_lease(name), "a writer", 600):
        done = platform.json("maintain", STORES)["tables"][STORES]
    assert done["state"] == "skipped" and "a writer" in done["detail"]
    assert platform.snapshot(STORES) == snapshot
