"""A sample becomes a dataset in two commands: new dataset, up; and its age is watched."""

from __future__ import annotations

import pytest

from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.projects.changes import Changed
from tests.embedded.projects.copies import weir

pytestmark = pytest.mark.embedded


def test_a_sample_is_a_dataset_after_two_commands(platform: Platform, changed: Changed) -> None:
    assert (changed.proposed["key"], changed.proposed["written"]) == (["return_id"], True)
    books = changed.datasets["returns"]
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

    ages = weir(changed.project, platform, "freshness")["datasets"]
    assert ages["returns"]["state"] == "fresh"
    assert ages["returns"]["promised_seconds"] == 3600
