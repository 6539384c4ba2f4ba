"""Figures of a batch as aggregate expressions over its records' columns."""

from __future__ import annotations

from collections.abc import Mapping

from dataplatform.contracts.model import BatchRule
from dataplatform.plans.model import Column
from dataplatform.quality.model import Unit
from dataplatform.render.spark_checks import broken_by
from dataplatform.render.spark_text import name


def spark_figure(rule: BatchRule, columns: Mapping[str, Column]) -> str:
    """The figure of a library metric in Spark SQL.

    Duplicates are the records beyond the first of each value: of three alike, two. A value of
    which a part is missing is like no other.
    """
    if rule.metric == "row_count":
        return "count(*)"
    counted = _duplicates(rule) if rule.metric == "duplicate_values" else _broken(rule, columns)
    if rule.unit == Unit.ROWS:
        return counted
    return f"CASE WHEN count(*) = 0 THEN 0D ELSE CAST(({counted}) * 100 AS DOUBLE) / count(*) END"


def _broken(rule: BatchRule, columns: Mapping[str, Column]) -> str:
    held, column = name(rule.column), columns[rule.column]
    conditions = [broken_by(column, r.kind, r.arguments, held) for r in rule.breaks]
    return f"count(CASE WHEN {' OR '.join(f'({c})' for c in conditions)} THEN 1 END)"


def _duplicates(rule: BatchRule) -> str:
    held = [name(column) for column in rule.columns]
    whole = " AND ".join(f"{column} IS NOT NULL" for column in held)
    return f"count(CASE WHEN {whole} THEN 1 END) - count(DISTINCT {', '.join(held)})"
