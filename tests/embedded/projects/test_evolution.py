"""A contract and a model change under a platform that has rows, in one deployment."""

from __future__ import annotations

from typing import Any

import pytest

from dataplatform.adapters.iceberg.tables import open_table
from tests.embedded.harness import Platform
from tests.embedded.projects.changes import (
    BRONZE_PROMOTIONS,
    SILVER_PROMOTIONS,
    Changed,
    Promotions,
)

pytestmark = pytest.mark.embedded


def test_tables_follow_contract_and_model_in_one_deployment(
    platform: Platform, changed: Changed
) -> None:
    now = Promotions.of(platform)
    assert now.files == changed.before.files, "nothing of the lake is rewritten"
    assert now.rows == [as_changed(row) for row in changed.before.rows] != []
    assert now.books == changed.before.books
    assert open_table(SILVER_PROMOTIONS).properties["weir.contract.version"] == "2.0.0"
    for table in (SILVER_PROMOTIONS, BRONZE_PROMOTIONS):
        names = open_table(table).schema().column_names
        assert ("medium" in names, "media_type" in names) == (True, False)
    told = platform.fails("contracts", "diff", "--against", "deployed")
    assert "renamed from medium" in told
    assert "version: 1.0.0, before 2.0.0" in told


def as_changed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the warehouse, as the other model gives it."""
    kept = {name: value for name, value in row.items() if name != "end_date"}
    return {("medium" if name == "media_type" else name): value for name, value in kept.items()}
