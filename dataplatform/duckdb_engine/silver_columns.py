"""Columns of a silver table that its contract doesn't name: the platform's own, and old ones."""

from __future__ import annotations

from datetime import UTC, datetime

from dataplatform.duckdb_engine.sql import literal
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.errors import NotForThisEngine
from dataplatform.naming import SilverColumn
from dataplatform.plans.model import SilverPlan


def stamps(sequence: int) -> dict[str, str]:
    """What a changed row gets beside its record."""
    now = datetime.now(UTC).isoformat()
    return {
        SilverColumn.SEQUENCE.value: f"CAST({sequence} AS BIGINT)",
        SilverColumn.LOADED_AT.value: f"CAST({literal(now)} AS TIMESTAMP WITH TIME ZONE)",
    }


def check_columns(table: LakeTable, plan: SilverPlan) -> None:
    """A row that is updated keeps what the plan doesn't know, which here would be null."""
    known = {column.name for column in plan.columns} | {column.value for column in SilverColumn}
    unknown = [column for column in table.columns if column not in known]
    if unknown:
        raise NotForThisEngine(
            f"{table.name} has columns that its contract hasn't: {', '.join(unknown)}",
            why="A contract that was rolled back leaves them; their values must stay.",
            remedy="Nothing: Spark takes it over.",
        )
