"""Small batches by DuckDB in a function; what outgrows it, or dies with it, by Spark."""

from __future__ import annotations

from typing import Literal

import pytest

from cli.screen import Exit
from dataplatform.ledger.costs import PRICES
from dataplatform.ledger.engines import EngineChoice
from dataplatform.naming import GOLD_MODELS
from tests.embedded.faults import (
    confined,
    hurried,
    kill_job_after_commit,
    stop_function_at_work,
)
from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.test_bad_input import csv, store
from tests.embedded.test_faults import in_warehouse, new_store

pytestmark = pytest.mark.embedded


def last_run(platform: Platform) -> str:
    return str(platform.target.ledger.runs(1)[0].run_id)


def engines(platform: Platform, run_id: str) -> dict[str, EngineChoice]:
    chosen: dict[str, EngineChoice] = platform.target.ledger.engines(run_id)
    return chosen


def test_the_first_run_needs_no_spark_and_says_what_it_cost(platform: Platform) -> None:
    run_id = str(platform.target.ledger.runs(1000)[-1].run_id)
    chosen = engines(platform, run_id)
    assert {choice.engine for choice in chosen.values()} == {"duckdb"}
    assert chosen["sales"].reason == "6.0 MB batch, limit 2.1 GB"
    said = platform.json("status", "--run", run_id)
    assert said["datasets"]["sales"]["engine"] == "duckdb"
    assert said["cost"]["glue"] == 0
    two_jobs = 2 * 2 * PRICES.glue_dpu_hour / 60
    assert 0 < said["cost"]["lambda"] < two_jobs / 2
    assert (
        "inserted 269,720 · duckdb · 6.0 MB batch"
        in platform.weir("status", "--run", run_id).stdout
    )


@pytest.mark.parametrize(
    ("less", "reason"),
    [({"memory": 128}, "out of memory"), ({"storage": 64}, "TooLarge: ")],
    ids=["memory", "disk"],
)
def test_a_function_that_is_too_small_leaves_its_dataset_to_spark(
    platform: Platform, less: dict[str, int], reason: str
) -> None:
    number, before = new_store(platform), platform.job_runs()
    books = platform.totals("stores")
    with confined(platform, "merge-silver", **less):
        ended = platform.json("run")
    by_spark(platform, number, books, before)
    assert ended["datasets"]["stores"]["engine"] == "spark"
    assert ended["datasets"]["stores"]["reason"].startswith(reason)
    # Two workers for the shortest time that Glue bills.
    assert ended["cost"]["glue"] >= round(2 * PRICES.glue_dpu_hour / 60, 7)


@pytest.mark.parametrize(
    ("how", "reason"),
    [("kill", "killed"), ("suspend", "out of time")],
    ids=["killed", "out of time"],
)
def test_a_function_stopped_at_work_leaves_its_dataset_to_spark(
    platform: Platform, how: Literal["kill", "suspend"], reason: str
) -> None:
    number, before = new_store(platform), platform.job_runs()
    books, ledger = platform.totals("stores"), platform.target.ledger
    earlier = last_run(platform)

    def begun() -> bool:
        run_id = last_run(platform)
        steps = ledger.steps(run_id) if run_id != earlier else []
        return any((step.name, step.dataset) == ("silver", "stores") for step in steps)

    with confined(platform, "merge-silver", seconds=10):
        run = platform.start("run", "stores")
        stop_function_at_work(platform, "merge-silver", how, begun=begun)
        said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    by_spark(platform, number, books, before)
    assert engines(platform, last_run(platform))["stores"].reason.startswith(reason)


def test_a_batch_that_outgrows_its_function_is_staged_once_by_a_job_that_is_killed(
    platform: Platform,
) -> None:
    """What the killed job had committed is found by the run that Step Functions starts for it."""
    number, books, ledger = new_store(platform), platform.totals("stores"), platform.target.ledger
    platform.land(f"stores/torn-{number}.csv", csv(store(number), "too,short"))
    jobs = platform.job_runs()
    with hurried(platform), confined(platform, "stage-batch", memory=128):
        run = platform.start("run", "stores")
        bronze = kill_job_after_commit(
            platform,
            "bronze.stores",
            platform.snapshot("bronze.stores"),
            told=lambda: any(batch.state != "claimed" for batch in ledger.unfinished_batches()),
        )
        said, _ = run.communicate(timeout=300)
    assert run.returncode == Exit.DATA_WAITING, said
    assert platform.job_runs() == jobs | {"StageJob": jobs["StageJob"] + 2}
    assert platform.snapshot("bronze.stores") == bronze
    now = platform.totals("stores")
    assert {name: now[name] - books[name] for name in ("source", "live", "quarantined")} == {
        **{"source": 3, "live": 1},
        "quarantined": 1,
    }
    assert_balanced(now)
    assert in_warehouse(platform, number) == [number]
    ended = platform.json("status", "--run", last_run(platform))["datasets"]["stores"]
    assert (ended["stager"], ended["stager_reason"]) == ("spark", "out of memory")


def test_gold_that_outgrows_its_function_is_sparks_and_the_next_is_not(platform: Platform) -> None:
    number, before = new_store(platform), platform.job_runs()
    with confined(platform, "build-gold", memory=128):
        platform.json("run", "stores")
    assert platform.job_runs() == before | {"GoldJob": before["GoldJob"] + 1}
    assert str(engines(platform, last_run(platform))[GOLD_MODELS]) == "spark · out of memory"
    assert in_warehouse(platform, number) == [number]

    again = new_store(platform)
    platform.json("run", "stores")
    assert platform.job_runs()["GoldJob"] == before["GoldJob"] + 1
    assert GOLD_MODELS not in engines(platform, last_run(platform))
    assert in_warehouse(platform, again) == [again]


def by_spark(
    platform: Platform, number: int, books: dict[str, int], before: dict[str, int]
) -> None:
    """The store is there once, Spark's silver job ran once for it, and gold needed none."""
    assert platform.job_runs() == before | {"SilverJob": before["SilverJob"] + 1}
    one_more = {name: books[name] + 1 for name in ("source", "inserted", "live")}
    assert platform.totals("stores") == books | one_more
    assert_balanced(platform.totals("stores"))
    assert platform.table("silver.stores", where=f"store_id = {number}").num_rows == 1
    assert in_warehouse(platform, number) == [number]
    assert platform.target.ledger.unfinished_batches() == []
