"""Gold models over two equal datasets, orders and carts, compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.compiler.platform import compile_platform
from dataplatform.errors import InvalidModel, Problem
from dataplatform.naming import Names
from dataplatform.plans.model import GoldModel, PlatformPlan
from tests.unit.support.contracts import ORDERS, named, project

_CARTS = named("carts")
DIM = "-- key: order_id\nSELECT o.order_id, o.state FROM silver.orders AS o\n"


def compiled(root: Path, **models: str) -> PlatformPlan:
    """The plan of two equal datasets, orders and carts, and these gold models."""
    files = {f"models/shop/gold/{name}.sql": sql for name, sql in models.items()}
    files["contracts/shop/orders.odcs.yaml"] = ORDERS
    files["contracts/shop/carts.odcs.yaml"] = _CARTS
    return compile_platform(project(root, files), Names("dev"))


def model(root: Path, sql: str) -> GoldModel:
    return compiled(root, m=sql).model("m")


def refused(root: Path, **models: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidModel) as caught:
        compiled(root, **models)
    return caught.value.problems
