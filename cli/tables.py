"""What there is to ask: the tables of warehouse and lake, and the columns of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cli.screen import WrongUsage
from cli.target import Target
from dataplatform.naming import QUARANTINE_TABLE, Zone
from dataplatform.suggestions import did_you_mean

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def named(query: str) -> tuple[str, str] | None:
    """Zone and name where a query is nothing but a table's name, `silver.stores`."""
    if not _NAME.fullmatch(query.strip()):
        return None
    zone, _, name = query.strip().partition(".")
    return zone, name


def in_lake(target: Target) -> Iterator[tuple[str, str]]:
    """Zone and name of each table of the lake."""
    for plan in target.plan.datasets:
        yield Zone.BRONZE.value, plan.dataset
        yield Zone.SILVER.value, plan.dataset
    for model in target.plan.models:
        yield Zone.GOLD.value, model.name
    yield Zone.QUARANTINE.value, QUARANTINE_TABLE


def in_warehouse(target: Target) -> Iterator[tuple[str, str]]:
    """Zone and name of each table of the warehouse."""
    for model in target.plan.models:
        yield Zone.GOLD.value, model.name


def listed(target: Target, on: str) -> list[dict[str, Any]]:
    """A row for each table that can be asked there."""
    found = in_lake(target) if on == "lake" else in_warehouse(target)
    return [{"table": f"{zone}.{name}"} for zone, name in found]


def columns(target: Target, zone: str, name: str) -> list[dict[str, Any]]:
    """A row for each column of a table, with its type; of gold, as the warehouse has it.

    Raises:
        WrongUsage: there is no such table.
    """
    if (zone, name) not in set(in_lake(target)):
        raise unknown(target, zone, name, "lake")
    if zone == Zone.GOLD.value:
        model = next(model for model in target.plan.models if model.name == name)
        return [{"column": column.name, "type": column.type} for column in model.columns]
    from dataplatform.adapters.iceberg.tables import open_table  # late: it knows PyIceberg

    plan = next((plan for plan in target.plan.datasets if plan.dataset == name), None)
    own = {column.name: column.type for column in plan.columns} if plan and zone == "silver" else {}
    fields = open_table(target.names.table(Zone(zone), name)).schema().fields
    return [{"column": f.name, "type": own.get(f.name, str(f.field_type))} for f in fields]


def unknown(target: Target, zone: str, name: str, on: str) -> WrongUsage:
    """That there is no such table, and which there are."""
    known = sorted(row["table"] for row in listed(target, on))
    near = did_you_mean(f"{zone}.{name}", known)
    return WrongUsage(
        f"no table {zone}.{name} in the {on}",
        why="Nothing was read.",
        remedy=" ".join(filter(None, (near, f"Tables: {', '.join(known) or 'none yet'}"))),
    )
