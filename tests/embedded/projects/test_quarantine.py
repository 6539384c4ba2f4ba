"""Rows that a contract rejects, the contract mended, and the rows taken through once more."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.projects.copies import copied, synthesis_kept
from tests.embedded.test_bad_input import csv as stores_csv
from tests.embedded.test_bad_input import store

pytestmark = pytest.mark.embedded

CONTRACT = "contracts/foodmart/stores.odcs.yaml"
MEXICO = "          - value: Mexico\n"
GOOD, MENDED, BAD = 9101, 9102, 9103
FILE = stores_csv(
    store(GOOD),
    store(MENDED, country="Mexico"),
    store(BAD, name="", country="Mexico"),
    "9104,too,short",
)


@pytest.fixture(scope="module")
def rejected(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What `push` answered under a contract that knows no Mexico."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "project").mkdir()
    project = copied(folder / "project")
    contract = project / CONTRACT
    assert MEXICO in contract.read_text()
    contract.write_text(contract.read_text().replace(MEXICO, ""))
    with synthesis_kept(platform):
        assert weir(project, platform, "up", "--without-samples").returncode in (0, 3)
    pushed = folder / "new stores.csv"
    pushed.write_bytes(FILE)
    done = platform.weir("push", "stores", str(pushed), "--json", check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    answer = json.loads(done.stdout) | {"file": pushed, "mended": False}
    yield answer
    if not answer["mended"]:
        platform.weir("up")


def weir(project: Path, platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A verb in another project, as the wrapper starts it there."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments],
        cwd=project,
        env={**platform.environment, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


def numbers(rows: list[dict[str, Any]]) -> list[Any]:
    """The stores among rows of quarantine: columns, or the text of a row that couldn't be read."""
    sent = [row["record"] for row in rows]
    return sorted(one["store_id"] if isinstance(one, dict) else one for one in sent)


def silver(platform: Platform) -> list[int]:
    found = platform.table("silver.stores", where=f"store_id >= {GOOD} and store_id < 9200")
    return sorted(found.column("store_id").to_pylist())


def test_what_a_mended_contract_takes_goes_from_quarantine_to_silver_once(
    platform: Platform, rejected: Any
) -> None:
    books = rejected["datasets"]["stores"]
    assert (books["source"], books["inserted"], books["quarantined"]) == (4, 1, 3)
    assert silver(platform) == [GOOD]
    waiting = [row for row in show(platform) if row["run"] == rejected["run"]]
    assert numbers(waiting) == ["9102", "9103", "9104,too,short"]
    (batch,) = {row["batch"] for row in waiting}
    before = platform.totals("stores")

    platform.weir("up")  # the contract as it is knows Mexico
    rejected["mended"] = True
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
