"""The seam to the warehouse's SQL, until `dataplatform.render.redshift` brings it."""

from __future__ import annotations

from collections.abc import Sequence

from dataplatform.naming import WAREHOUSE_SCHEMA
from dataplatform.plans.model import Column, GoldModel, WarehouseSql


def warehouse_sql(name: str, columns: Sequence[Column], key: Sequence[str]) -> WarehouseSql:
    """SQL that creates and loads one gold table in the warehouse."""
    return WarehouseSql(table=f"{WAREHOUSE_SCHEMA}.{name}", create="", load=())


def warehouse_setup(models: Sequence[GoldModel]) -> tuple[str, ...]:
    """SQL that prepares the warehouse for every model."""
    return ()
