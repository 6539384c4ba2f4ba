"""Tables of `stores`, with rows, that are brought to another contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.plans.model import Column, SilverPlan
from tests.unit.support.lakes import COLUMNS, Lake, plan_of, stores

BRONZE, SILVER, GOLD = (f"weir_dev_{zone}" for zone in ("bronze.stores", "silver.stores", "gold"))
DIM, CHANGES = f"{GOLD}.dim_store", f"{GOLD}.dim_store__changes"
NAMED = tuple(replace(column, id=f"c-{column.name}") for column in COLUMNS)
"""The columns of `stores`, each with an id."""


def contract(version: str, columns: tuple[Column, ...] = NAMED, **changes: Any) -> SilverPlan:
    return stores(columns=columns, version=version, **changes)


def renamed(old: str, new: str, columns: tuple[Column, ...] = NAMED) -> tuple[Column, ...]:
    return tuple(replace(c, name=new) if c.name == old else c for c in columns)


def without(name: str) -> tuple[Column, ...]:
    return tuple(column for column in NAMED if column.name != name)


def row_of_bronze(city: str) -> dict[str, Any]:
    system = ("_batch_id", "_object", "_version", "_checksum", "_op")
    return {"city": city, **dict.fromkeys(system, "x"), "_position": 1, "_arrived_at": 0}


def write(name: str, *rows: dict[str, Any]) -> None:
    table = open_table(name)
    schema = table.schema().as_arrow()
    table.append(pa.Table.from_pylist(list(rows), schema=schema))


def rows(lake: Lake, *names: str) -> list[dict[str, Any]]:
    found = sorted(lake.rows(SILVER), key=lambda row: str(row["store_id"]))
    return [{name: row[name] for name in ("store_id", *names)} for row in found]


def with_rows(lake: Lake) -> Lake:
    """Two rows in silver, one in bronze."""
    lake.migrate(plan_of(contract("1.0.0")))
    write(SILVER, {"store_id": 1, "city": "Bilbao"}, {"store_id": 2, "city": "Oslo"})
    write(BRONZE, row_of_bronze("Bilbao"))
    return lake


def data_files(name: str) -> dict[str, Any]:
    return {task.file.file_path: task.file for task in open_table(name).scan().plan_files()}
