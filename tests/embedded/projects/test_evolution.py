"""A contract and a model change under a platform that has rows, in one deployment, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataplatform.adapters.iceberg import open_table
from tests.embedded.harness import Platform
from tests.embedded.projects.copies import copied, synthesis_kept, up

pytestmark = pytest.mark.embedded

CONTRACT = "contracts/foodmart/promotions.odcs.yaml"
MODEL = "models/foodmart/gold/dim_promotion.sql"
SILVER, BRONZE = "weir_dev_silver.promotions", "weir_dev_bronze.promotions"
PROMOTIONS = "SELECT * FROM gold.dim_promotion ORDER BY promotion_id"


def test_tables_follow_contract_and_model_in_one_deployment(
    platform: Platform, tmp_path: Path
) -> None:
    before, files = platform.sql(PROMOTIONS), data_files()
    books = platform.totals("promotions")
    project = copied(tmp_path)
    replace(
        project / CONTRACT,
        ("version: 1.0.0", "version: 2.0.0"),
        ("name: media_type", "name: medium\n        physicalName: media_type"),
    )
    replace(
        project / MODEL,
        ("p.media_type", "p.medium"),
        ("    p.cost,\n", "    CAST(p.cost AS DECIMAL(12, 4)) AS cost,\n"),
        (",\n    p.end_date", ""),
    )
    with synthesis_kept(platform):
        up(project, platform)
        assert data_files() == files, "nothing of the lake is rewritten"
        properties = open_table(SILVER).properties
        assert properties["weir.contract.version"] == "2.0.0"
        for table in (SILVER, BRONZE):
            names = open_table(table).schema().column_names
            assert ("medium" in names, "media_type" in names) == (True, False)
        assert platform.sql(PROMOTIONS) == [as_changed(row) for row in before]
        assert platform.totals("promotions") == books
        told = platform.fails("contracts", "diff", "--against", "deployed")
        assert "renamed from medium" in told
        assert "version: 1.0.0, before 2.0.0" in told
    platform.json("up")
    assert platform.sql(PROMOTIONS) == before, "what came back is computed anew"
    assert data_files() == files


def as_changed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the warehouse, as the other model gives it."""
    kept = {name: value for name, value in row.items() if name != "end_date"}
    return {("medium" if name == "media_type" else name): value for name, value in kept.items()}


def replace(file: Path, *passages: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in passages:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)


def data_files() -> set[str]:
    return {task.file.file_path for task in open_table(SILVER).scan().plan_files()}
