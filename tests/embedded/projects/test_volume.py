"""Ten times the usual volume is held, somebody is told the figures, and a person releases it."""

from __future__ import annotations

import json

import pytest

from cli.screen import Exit
from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.test_drift import told

pytestmark = pytest.mark.embedded

_DATASET = "promotions"
_FIRST = 700_000
"""Above every promotion of the sample and of other tests."""


def test_ten_times_the_volume_is_held_told_and_released(platform: Platform) -> None:
    for run in range(5):
        land(platform, f"usual-{run}", _FIRST + 100 * run, 20)
        platform.json("run", _DATASET)
    silver, gold = platform.snapshot(f"silver.{_DATASET}"), platform.snapshot("gold.dim_promotion")
    before = platform.totals(_DATASET)

    land(platform, "tenfold", _FIRST + 10_000, 200)
    with told(platform) as messages:
        said = platform.fails("run", _DATASET, code=Exit.DATA_WAITING)
    assert "row_count: 200 records; expected" in said
    text = dict(messages)[f"Weir dev: {_DATASET} is held"]
    assert "row_count: 200 records; expected" in text
    assert f"./weir run {_DATASET} --accept --stage dev" in text
    assert platform.snapshot(f"silver.{_DATASET}") == silver
    assert platform.snapshot("gold.dim_promotion") == gold
    assert platform.totals(_DATASET) == before
    (held,) = platform.json("status")["held"]
    assert (held["dataset"], held["rows"]) == (_DATASET, 200)
    assert held["broken"][0]["name"] == "row_count"

    # What lands meanwhile waits: beside it, what is odd would look less so.
    land(platform, "later", _FIRST + 20_000, 20)
    done = platform.weir("run", _DATASET, check=False)
    assert done.returncode == Exit.DATA_WAITING, done.stdout + done.stderr
    assert f"./weir run {_DATASET} --accept" in done.stdout
    assert platform.snapshot(f"silver.{_DATASET}") == silver

    released = platform.json("run", _DATASET, "--accept")
    (audit,) = released["audits"]
    assert (audit["state"], audit["rows"], released["held"]) == ("accepted", 220, [])
    assert released["datasets"][_DATASET]["inserted"] == 220
    now = platform.totals(_DATASET)
    assert now["live"] == before["live"] + 220
    assert_balanced(now)
    assert platform.json("status")["held"] == []
    (counted,) = platform.sql(
        f"select count(*) as n from gold.dim_promotion where promotion_id >= {_FIRST}"
    )
    assert counted["n"] == 320


def land(platform: Platform, name: str, first: int, records: int) -> None:
    """A file of new promotions."""
    lines = [
        json.dumps({"promotion_id": n, "promotion_name": f"Sale {n}", "cost": "100.5"})
        for n in range(first, first + records)
    ]
    platform.land(f"{_DATASET}/{name}.jsonl", "\n".join(lines).encode() + b"\n")
