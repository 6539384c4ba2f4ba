"""Rows that a contract rejects, the contract mended, and the rows taken through once more."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.projects.changes import Changed
from tests.embedded.test_bad_input import csv as stores_csv
from tests.embedded.test_bad_input import store

pytestmark = pytest.mark.embedded

GOOD, MENDED, BAD = 9101, 9102, 9103
FILE = stores_csv(
    store(GOOD),
    store(MENDED, country="Mexico"),
    store(BAD, name="", country="Mexico"),
    "9104,too,short",
)


@pytest.fixture(scope="module")
def rejected(
    platform: Platform, changed: Changed, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `push` answered under a contract that knows no Mexico."""
    pushed = tmp_path_factory.mktemp("pushed") / "new stores.csv"
    pushed.write_bytes(FILE)
    done = platform.weir("push", "stores", str(pushed), "--json", check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    return json.loads(done.stdout) | {"file": pushed, "totals": platform.totals("stores")}


def numbers(rows: list[dict[str, Any]]) -> list[Any]:
    """The stores among rows of quarantine: columns, or the text of a row that couldn't be read."""
    sent = [row["record"] for row in rows]
    return sorted(one["store_id"] if isinstance(one, dict) else one for one in sent)


def waiting(platform: Platform, pushed: dict[str, Any]) -> list[dict[str, Any]]:
    """What waits of the file that was pushed."""
    return [row for row in show(platform) if row["run"] == pushed["run"]]


def silver(platform: Platform) -> list[int]:
    found = platform.table("silver.stores", where=f"store_id >= {GOOD} and store_id < 9200")
    return sorted(found.column("store_id").to_pylist())


def test_what_a_contract_rejects_waits_in_quarantine(platform: Platform, rejected: Any) -> None:
    books = rejected["datasets"]["stores"]
    assert (books["source"], books["inserted"], books["quarantined"]) == (4, 1, 3)
    assert silver(platform) == [GOOD]
    assert numbers(waiting(platform, rejected)) == ["9102", "9103", "9104,too,short"]


def test_what_a_mended_contract_takes_goes_from_quarantine_to_silver_once(
    platform: Platform, rejected: Any, restored: None
) -> None:
    (batch,) = {row["batch"] for row in waiting(platform, rejected)}
    before = rejected["totals"]
    dry = platform.json("quarantine", "replay", "stores", "--batch", batch, "--dry-run")
    assert (dry["rows"], dry["run"]) == (3, "")
    replay = ["quarantine", "replay", "stores", "--batch", batch, "--yes", "--json"]
    done = platform.weir(*replay, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["taken"] == 3
    mended = answer["books"]["stores"]
    assert (mended["inserted"], mended["quarantined"], mended["waiting"]) == (1, 2, 2)

    assert silver(platform) == [GOOD, MENDED]
    rows = platform.sql(f"SELECT store_id FROM gold.dim_store WHERE store_id = {MENDED}")
    assert rows == [{"store_id": MENDED}]
    after = platform.totals("stores")
    assert_balanced(after)
    assert after["source"] == before["source"]
    assert after["inserted"] == before["inserted"] + 1
    assert after["quarantined"] == before["quarantined"] - 1
    again = [row for row in show(platform) if row["run"] == answer["run"]]
    assert numbers(again) == ["9103", "9104,too,short"]
    assert not [row for row in show(platform) if row["batch"] == batch]

    nothing = platform.weir(*replay, check=False)
    assert (nothing.returncode, json.loads(nothing.stdout)["rows"]) == (0, 0)
    status = platform.weir("status", "--run", rejected["run"], check=False)
    assert status.returncode == 0, "what was taken waits no more"


def test_the_same_content_is_landed_once(platform: Platform, rejected: Any) -> None:
    due = platform.totals("stores")
    again = platform.json("push", "stores", str(rejected["file"]))
    assert ([one["seen"] for one in again["files"]], again["run"]) == ([True], "")
    assert platform.totals("stores") == due


def test_what_waits_is_counted_by_reason_and_shown_in_three_forms(
    platform: Platform, rejected: Any
) -> None:
    listed = platform.json("quarantine", "ls", "stores")
    assert listed["waiting"] == {"stores": platform.totals("stores")["quarantined"]}
    assert "missing store_name" in {kind["reason"] for kind in listed["reasons"]}
    shown = platform.weir("quarantine", "show", "stores", "--reason", "missing store_name")
    assert "✗ missing store_name" in shown.stdout
    text = platform.weir("quarantine", "show", "stores", "--format", "csv", "--limit", "1").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["dataset"] == "stores" and json.loads(row["reasons"])


def show(platform: Platform) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = platform.json("quarantine", "show", "stores", "--limit", "500")
    return rows
