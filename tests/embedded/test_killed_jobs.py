"""Spark jobs that are killed between their commit and their word to the ledger."""

from __future__ import annotations

import pytest

from tests.embedded.faults import hurried, kill_job_after_commit
from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.test_faults import in_warehouse, new_store

pytestmark = pytest.mark.embedded


def test_what_a_killed_job_had_committed_is_found_and_not_committed_again(
    platform: Platform,
) -> None:
    ledger, number = platform.target.ledger, new_store(platform)
    books, before, started = platform.totals("stores"), platform.snapshots(), platform.job_runs()

    def gold_told() -> bool:
        model = ledger.model("dim_store")
        return model is not None and model.snapshot != before["gold.dim_store"]

    with hurried(platform):
        run = platform.start("run", "stores", "--engine", "spark")
        silver = kill_job_after_commit(
            platform,
            "silver.stores",
            before["silver.stores"],
            told=lambda: ledger.unfinished_batches() == [],
        )
        gold = kill_job_after_commit(
            platform,
            "gold.dim_store",
            before["gold.dim_store"],
            told=gold_told,
        )
        said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    twice = {job: started[job] + 2 for job in ("SilverJob", "GoldJob")}
    assert platform.job_runs() == started | twice, "each job was started again, once"
    assert platform.snapshot("silver.stores") == silver
    assert platform.snapshot("gold.dim_store") == gold
    for table in ("silver.stores", "gold.dim_store"):
        assert platform.table(table, where=f"store_id = {number}").num_rows == 1, table
    one_more = {name: books[name] + 1 for name in ("source", "inserted", "live")}
    assert platform.totals("stores") == books | one_more
    assert_balanced(platform.totals("stores"))
    assert in_warehouse(platform, number) == [number]
