"""SQL that compares a gold model's fresh rows with the table that stands, for DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dataplatform.duckdb_engine.sql import quoted
from dataplatform.duckdb_engine.views import AT, FILE
from dataplatform.gold.records import ACTION, DELETE, INSERT, UPDATE
from dataplatform.naming import CHANGE_COLUMN
from dataplatform.plans.model import GoldModel

FRESH: Final = "weir_fresh"
"""Rows that the model's SQL gives now, in its columns."""
CURRENT: Final = "weir_current"
"""Rows that stand, with their places."""
CHANGES: Final = "weir_changes"
"""Rows that differ, with `_action` and, where one stands with that key, its place."""


def fresh(sql: str, types: dict[str, str]) -> str:
    """The model's rows, each column of exactly the table's type."""
    columns = ", ".join(
        f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in types.items()
    )
    return f"CREATE OR REPLACE TEMP TABLE {FRESH} AS SELECT {columns} FROM ({sql}) AS model"


def own(name: str, columns: Sequence[str]) -> str:
    """The rows that stand as a view of this name, without their places."""
    selected = ", ".join(map(quoted, columns))
    return f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT {selected} FROM {CURRENT}"


def bounds(model: GoldModel) -> str:
    """The least and the greatest of each key column; one row."""
    ends = ", ".join(f"min({quoted(name)}), max({quoted(name)})" for name in model.key)
    return f"SELECT {ends} FROM {FRESH}"


def compare(model: GoldModel, *, whole: bool) -> str:
    """Rows that differ; unchanged rows are left out.

    Args:
        whole: the fresh rows are all of the model, so that a key which they lack is deleted. Such a
            row is passed on with its old values: its key is what the readers need.
    """
    names = [quoted(column.name) for column in model.columns]
    on = " AND ".join(f"f.{quoted(name)} = c.{quoted(name)}" for name in model.key)
    differs = " OR ".join(f"f.{name} IS DISTINCT FROM c.{name}" for name in names)
    values = ", ".join(
        f"CASE WHEN f._fresh IS NULL THEN c.{name} ELSE f.{name} END AS {name}" for name in names
    )
    return (
        f"CREATE TEMP TABLE {CHANGES} AS SELECT {values}, "
        f"CASE WHEN c.{FILE} IS NULL THEN '{INSERT}' WHEN f._fresh IS NULL THEN '{DELETE}' "
        f"ELSE '{UPDATE}' END AS {ACTION}, c.{FILE}, c.{AT} "
        f"FROM (SELECT *, true AS _fresh FROM {FRESH}) AS f "
        f"{'FULL' if whole else 'LEFT'} JOIN {CURRENT} AS c ON {on} "
        f"WHERE f._fresh IS NULL OR c.{FILE} IS NULL OR {differs}"
    )


def compared() -> str:
    """Let go of the fresh rows, of which those that differ are held once more."""
    return f"DROP TABLE {FRESH}"


def counts() -> str:
    """Changed rows by action."""
    return f"SELECT {ACTION}, count(*) FROM {CHANGES} GROUP BY ALL"


def shared_keys(model: GoldModel) -> str:
    """One key that several changed rows share, or that isn't all there, and their number."""
    key = ", ".join(quoted(name) for name in model.key)
    unknown = " OR ".join(f"{quoted(name)} IS NULL" for name in model.key)
    return (
        f"SELECT {key}, count(*) AS found FROM {CHANGES} GROUP BY {key} "
        f"HAVING found > 1 OR {unknown} LIMIT 1"
    )


def exported(model: GoldModel) -> str:
    """The changed rows as the warehouse takes them."""
    change = f"CASE {ACTION} WHEN '{DELETE}' THEN 'delete' ELSE 'upsert' END AS {CHANGE_COLUMN}"
    return f"SELECT {_columns(model)}, {change} FROM {CHANGES}"


def touched() -> str:
    """Files in which a row is updated or deleted."""
    return f"SELECT DISTINCT {FILE} FROM {CHANGES} WHERE {FILE} IS NOT NULL"


def rewritten(model: GoldModel) -> str:
    """What stands in place of the touched files: their rows that stay, and the changed ones.

    In the order of partitions, then of keys: few files, and narrow bounds for the next comparison.
    """
    columns = _columns(model)
    order = ", ".join(quoted(name) for name in (*model.partition_by, *model.key))
    return (
        f"SELECT {columns} FROM ("
        f"SELECT {columns} FROM {CURRENT} AS c WHERE c.{FILE} IN ({touched()}) AND NOT EXISTS ("
        f"SELECT 1 FROM {CHANGES} AS x WHERE x.{FILE} = c.{FILE} AND x.{AT} = c.{AT}) "
        f"UNION ALL SELECT {columns} FROM {CHANGES} WHERE {ACTION} <> '{DELETE}') ORDER BY {order}"
    )


def _columns(model: GoldModel) -> str:
    return ", ".join(quoted(column.name) for column in model.columns)
