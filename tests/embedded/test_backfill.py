"""Backfills on a whole platform: what bronze says comes to stand everywhere, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dataplatform.naming import SilverColumn
from tests.embedded.faults import confined, hurried, kill_job_after_commit
from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.test_faults import new_store

pytestmark = pytest.mark.embedded

EVER = ("--from", "2020-01-01", "--to", "2100-01-01")
SALE = "1998-9000001"


def contents(platform: Platform, table: str, key: str) -> list[dict[str, Any]]:
    """A table's rows without who wrote them and when, in order."""
    rows = platform.table(table).drop_columns([column.value for column in SilverColumn])
    found: list[dict[str, Any]] = rows.sort_by(key).to_pylist()
    return found


def sale(platform: Platform, name: str, day: int, **fields: object) -> None:
    """A sale line of our own as it was on a day, through the pipeline."""
    record = {
        "id": SALE,
        "product_id": 1,
        "time_id": 367,
        "customer_id": 1,
        "promotion_id": 0,
        "store_id": 1,
        "store_sales": "10.0000",
        "store_cost": "4.0000",
        "unit_sales": "1.0000",
        "updated_at": f"1998-12-{day:02d}T00:00:00Z",
    }
    platform.land(f"sales/{name}.json", json.dumps(record | fields).encode())
    platform.json("run", "sales")


def sold(platform: Platform) -> int:
    """How often our sale line stands in the warehouse."""
    (row,) = platform.sql(f"SELECT COUNT(*) AS n FROM gold.fact_sales WHERE sale_id = '{SALE}'")
    return int(row["n"])


def test_what_is_as_bronze_says_stays_as_it_is(platform: Platform) -> None:
    platform.json("run")  # what other tests have left
    before, books, runs = platform.snapshots(), platform.books(), platform.target.ledger.runs(1)
    rows = contents(platform, "silver.stores", "store_id")
    planned = platform.json("backfill", "stores", *EVER, "--dry-run")
    assert platform.target.ledger.backfills("stores") == []
    done = platform.json("backfill", "stores", *EVER)
    counts = done["counts"]
    assert planned["rows"] == planned["window_rows"] == counts["records"]
    assert counts["kept"] == len(rows)
    assert counts["keys"] == counts["kept"] + counts["absent"]
    assert contents(platform, "silver.stores", "store_id") == rows
    assert (platform.snapshots(), platform.books()) == (before, books)
    assert platform.target.ledger.runs(1) == runs, "gold had nothing to follow"


def test_a_sale_that_came_back_by_mistake_goes_from_silver_gold_and_warehouse(
    platform: Platform,
) -> None:
    before = contents(platform, "silver.sales", "id")
    sale(platform, "as-it-was", 1)
    sale(platform, "deleted", 3, _op="delete")
    assert sold(platform) == 0
    # Silver remembers nothing of the delete, so an older record brings the row back.
    sale(platform, "late-and-old", 2)
    assert sold(platform) == 1
    watching = platform.start("backfill", "sales", *EVER, "--json")
    number = new_store(platform)
    platform.json("run", "stores")  # a daily run beside it
    said, _ = watching.communicate(timeout=400)
    assert watching.returncode == 0, said
    counts = json.loads(said[said.index("{") :])["counts"]
    assert (counts["deleted"], counts["inserted"], counts["updated"]) == (1, 0, 0)
    assert sold(platform) == 0
    assert contents(platform, "silver.sales", "id") == before
    assert number in platform.table("silver.stores")["store_id"].to_pylist()
    for books in platform.books().values():
        assert_balanced(books)
    assert platform.totals("sales")["withdrawn"] >= 1
    assert platform.json("run")["datasets"] == {}


def test_a_job_that_is_killed_after_its_commit_is_started_again_and_commits_no_more(
    platform: Platform,
) -> None:
    ledger, before = platform.target.ledger, contents(platform, "silver.sales", "id")
    sale(platform, "deleted-before-it-came", 3, _op="delete")
    since = datetime.now(UTC).replace(microsecond=0).isoformat()
    sale(platform, "late-and-old-again", 2)
    assert sold(platform) == 1
    window = ("sales", "--from", since, "--to", "2100-01-01", "--engine", "spark")
    planned = platform.json("backfill", *window, "--dry-run")
    assert (planned["engine"], planned["chunks"], planned["window_rows"]) == ("spark", 1, 1)

    def told() -> bool:
        chunks = [ledger.chunks(each.backfill_id) for each in ledger.open_backfills("sales")]
        return any(chunk.state == "done" for of_one in chunks for chunk in of_one)

    with hurried(platform):
        watching = platform.start("backfill", *window, "--json")
        committed = kill_job_after_commit(
            platform, "silver.sales", platform.snapshot("silver.sales"), told
        )
        said, _ = watching.communicate(timeout=400)
    assert watching.returncode == 0, said
    done = json.loads(said[said.index("{") :])
    assert (done["engine"], done["left_to_spark"]) == ("spark", {})
    assert done["reason"] == "asked for by whoever started it"
    counts = {name: number for name, number in done["counts"].items() if number}
    assert counts == {"records": counts["records"], "keys": 1, "deleted": 1}
    assert done["cost"]["glue"] > 0
    assert platform.snapshot("silver.sales") == committed, "found, and not made again"
    runs = platform.client("glue").get_job_runs(JobName=platform.target.output("BackfillJob"))
    assert len(runs["JobRuns"]) == 2
    assert sold(platform) == 0
    assert contents(platform, "silver.sales", "id") == before
    assert_balanced(platform.totals("sales"))


def test_a_chunk_that_outgrows_its_function_is_sparks(platform: Platform) -> None:
    before = contents(platform, "silver.stores", "store_id")
    with confined(platform, "backfill-chunk", memory=128):
        done = platform.json("backfill", "stores", *EVER)
    assert (done["engine"], done["left_to_spark"]) == ("duckdb", {"0": "out of memory"})
    assert done["counts"]["keys"] == done["counts"]["kept"] + done["counts"]["absent"]
    assert done["counts"]["kept"] == len(before)
    assert done["cost"]["glue"] > 0
    assert contents(platform, "silver.stores", "store_id") == before


def test_a_dataset_that_nobody_declared_is_said_in_a_line(platform: Platform) -> None:
    said = platform.fails("backfill", "store", *EVER, code=2)
    assert 'Did you mean "stores"?' in said
    said = platform.fails("backfill", "stores", "--from", "2026-02-02", "--to", "soon", code=2)
    assert "ISO 8601" in said
