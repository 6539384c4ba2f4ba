"""A shop that is gone on with by each engine, and by each way that Spark publishes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.plans.model import SilverPlan
from glue_jobs import appending, tables
from tests.unit.support.merges import Shop, order, shops
from tests.unit.support.spark_shops import spark_shop

PUBLISHING: Final[dict[str, tuple[Any, str]]] = {
    "duckdb": (LakeTable, "publish"),
    "spark": (tables, "publish"),
    "spark, appended": (tables, "publish"),
}
"""Owner and name of what publishes, by engine."""


@contextmanager
def shop_of(
    engine: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    plan: SilverPlan | None = None,
) -> Iterator[Shop]:
    """One order is published by DuckDB; later ones are the engine's."""
    if engine == "spark, appended":
        monkeypatch.setattr(appending, "LEAST_ROWS", 0)
    with shops(plan) as shop:
        shop.merged(order(1, 1))
        if engine == "duckdb":
            yield shop
            return
        with spark_shop(shop, request.getfixturevalue("spark")) as by_spark:
            yield by_spark
