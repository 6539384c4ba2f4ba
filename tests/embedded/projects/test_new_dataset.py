"""A sample becomes a dataset in two commands: new dataset, up; and its age is watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.projects.copies import copied, synthesis_kept

pytestmark = pytest.mark.embedded

SAMPLE = (
    "Return ID,Store ID,Customer E-Mail,Amount,Returned At,ZIP\n"
    "1,7,ann@example.com,12.50,2026-11-01T10:00:00Z,01234\n"
    "2,7,,3.00,2026-11-01T11:00:00+02:00,98765\n"
    '3,8,cy@example.com,100,2026-11-02 10:00:00,"12,5"\n'
)
PROMISE = "slaProperties:\n  - {property: freshness, value: 1, unit: h}\n"


def test_a_sample_is_a_dataset_after_two_commands(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    project = copied(tmp_path / "project")
    sample = tmp_path / "returns 2026.csv"
    sample.write_text(SAMPLE)
    with synthesis_kept(platform):
        asked = ("new", "dataset", "shop/returns", "--from", str(sample), "--yes")
        proposed = weir(project, platform, *asked)
        assert (proposed["key"], proposed["written"]) == (["return_id"], True)
        contract = project / proposed["contract"]
        contract.write_text(contract.read_text() + PROMISE)
        assert weir(project, platform, "contracts", "check")["problems"] == []

        books = weir(project, platform, "up")["datasets"]["returns"]
        assert_balanced(books)
        assert (books["source"], books["inserted"], books["live"]) == (3, 3, 3)
        rows = platform.table("silver.returns").sort_by("return_id").to_pylist()
        assert [row["amount"].as_tuple().exponent for row in rows] == [-2] * 3
        assert [(row["return_id"], row["store_id"], str(row["amount"])) for row in rows] == [
            (1, 7, "12.50"), (2, 7, "3.00"), (3, 8, "100.00"),
        ]  # fmt: skip
        assert [row["zip"] for row in rows] == ["01234", "98765", "12,5"]
        assert [row["customer_e_mail"] for row in rows] == [
            "ann@example.com", None, "cy@example.com",
        ]  # fmt: skip
        assert rows[1]["returned_at"].isoformat() == "2026-11-01T09:00:00+00:00"

        ages = weir(project, platform, "freshness")["datasets"]
        assert ages["returns"]["state"] == "fresh"
        assert ages["returns"]["promised_seconds"] == 3600
    platform.json("up")  # what is deployed is the project as it is, for the tests that follow
    platform.reconnect()


def weir(project: Path, platform: Platform, *arguments: str) -> Any:
    """The answer of a verb, as the wrapper starts it in that project."""
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments, "--json"],
        cwd=project,
        env={**os.environ, **platform.environment, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in (0, 3), ended.stdout + ended.stderr
    return json.loads(ended.stdout)
