"""Aggregates to which appended rows can be added, without a look at those counted before.

Where a gold model had nothing but new rows since, its sums, counts and extremes are those that
stand combined with those of the new rows. Only what gives the same to the last digit is let
through: a SUM of doubles depends on the order, and one that is cast to fewer digits rounds twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlglot import exp

from dataplatform.naming import Zone
from dataplatform.plans.model import Column
from dataplatform.plans.sql_file import SqlFile, line_of
from dataplatform.plans.sql_names import Schema, is_driving, tables

_Refuse = Callable[[exp.Expr | None, str, str], None]
_NEW, _OLD = "weir_new", "weir_old"
_COMBINED = (exp.Sum, exp.Count, exp.Min, exp.Max)
_CLAUSES = ("distinct", "having", "limit", "offset", "qualify", "with_", "laterals")
_DECIMAL = re.compile(r"decimal\(\d+,\s*(\d+)\)")


def check_additive(
    file: SqlFile, query: exp.Query, model: str, key: tuple[str, ...], schema: Schema
) -> None:
    """Note what keeps new rows of the gold table `model` from being added to what stands."""
    header = file.header_lines["incremental"]

    def refuse(node: exp.Expr | None, found: str, expected: str) -> None:
        line = (line_of(node) if node is not None else None) or header
        remedy = "Or take out `-- incremental:`; the model is then computed whole."
        file.add(line, "incremental", found, expected, remedy)

    if not isinstance(query, exp.Select) or any(query.args.get(name) for name in _CLAUSES):
        refuse(query, "more than SELECT, FROM, WHERE and GROUP BY", "one SELECT with GROUP BY")
        return
    if inner := query.find(exp.Subquery, exp.Window):
        refuse(inner, inner.key.upper(), "tables and aggregates alone")
        return
    for table in tables(query):
        if table.db != Zone.GOLD:
            refuse(table, f"{table.db}.{table.name}", "gold models, whose changes are known")
    _check_place(query, model, refuse)
    _check_groups(query, key, refuse)
    for select in query.selects:
        if select.alias_or_name not in key:
            _check_aggregate(select, query, schema, refuse)


def combined(
    query: exp.Query, name: str, columns: tuple[Column, ...], key: tuple[str, ...]
) -> exp.Select:
    """The aggregates of `query` combined with those of the rows that stand in the table `name`."""
    by_name = {select.alias_or_name: _aggregate(select) for select in query.selects}
    new = exp.Subquery(this=query.copy(), alias=exp.TableAlias(this=exp.to_identifier(_NEW)))
    same = exp.and_(
        *(exp.NullSafeEQ(this=_column(k, _NEW), expression=_column(k, _OLD)) for k in key)
    )
    old = exp.alias_(exp.to_table(f"{Zone.GOLD}.{name}"), _OLD, table=True)
    return (
        exp.select(*(_combine(column, by_name[column.name], key) for column in columns))
        .from_(new)
        .join(old, on=same, join_type="left")
    )


def _combine(column: Column, aggregate: exp.Expr | None, key: tuple[str, ...]) -> exp.Expr:
    new, old = _column(column.name, _NEW), _column(column.name, _OLD)
    value: exp.Expr
    if column.name in key:
        value = new
    elif isinstance(aggregate, exp.Min):
        value = exp.Least(this=new, expressions=[old], ignore_nulls=True)
    elif isinstance(aggregate, exp.Max):
        value = exp.Greatest(this=new, expressions=[old], ignore_nulls=True)
    else:
        total = exp.Add(this=new, expression=old)
        either = exp.Coalesce(this=total, expressions=[new.copy(), old.copy()])
        value = exp.cast(either, column.type, dialect="spark")
    return exp.alias_(value, column.name)


def _check_place(query: exp.Select, model: str, refuse: _Refuse) -> None:
    uses = [table for table in tables(query) if (table.db, table.name) == (Zone.GOLD, model)]
    if len(uses) != 1 or not is_driving(query, uses[0]):
        refuse(
            uses[-1] if uses else None,
            f"gold.{model} not as the first table alone",
            f"FROM gold.{model}, and JOIN or LEFT JOIN of others",
        )


def _check_groups(query: exp.Select, key: tuple[str, ...], refuse: _Refuse) -> None:
    """The key is what is grouped by: else a group would be several rows, or none."""
    group = query.args.get("group")
    grouped = {item.sql() for item in group.expressions} if group else set()
    keys = {select.unalias().sql() for select in query.selects if select.alias_or_name in key}
    named = {name for name in key if name in grouped}
    if not grouped or (grouped != keys and named != set(key)):
        refuse(group, "a GROUP BY that isn't the key", f"GROUP BY what {', '.join(key)} are")


def _check_aggregate(select: exp.Expr, query: exp.Select, schema: Schema, refuse: _Refuse) -> None:
    node, name = _aggregate(select), select.alias_or_name
    if node is None or node.find(exp.Distinct) or len(list(select.find_all(exp.AggFunc))) != 1:
        refuse(select, f"{name}: {select.unalias().sql('spark')}", "SUM, COUNT, MIN or MAX")
        return
    if isinstance(node, exp.Sum) and not _is_exact(select.unalias(), node, query, schema):
        refuse(select, f"{name}: a SUM that may round", "a column of whole numbers or decimals")


def _is_exact(select: exp.Expr, node: exp.Sum, query: exp.Select, schema: Schema) -> bool:
    """Whether sums of parts add up to the sum of all: no double, no digit cut off."""
    if not isinstance(node.this, exp.Column) or not isinstance(select, exp.Cast):
        return False
    digits = _scale(_type_of(node.this, query, schema))
    kept = _scale(select.to.sql("spark").lower())
    return digits is not None and kept is not None and digits <= kept


def _type_of(column: exp.Column, query: exp.Select, schema: Schema) -> str:
    found: list[Mapping[str, Column]] = [
        schema.get(table.db, {}).get(table.name, {})
        for table in tables(query)
        if column.table in ("", table.alias_or_name)
    ]
    kinds = [columns[column.name].type for columns in found if column.name in columns]
    return kinds[0] if len(kinds) == 1 else ""


def _scale(kind: str) -> int | None:
    """Digits after the point; None of what isn't a number with a fixed count of them."""
    if kind in ("int", "bigint"):
        return 0
    match = _DECIMAL.fullmatch(kind)
    return int(match[1]) if match else None


def _aggregate(select: exp.Expr) -> exp.Expr | None:
    """The aggregate that a column is, within a CAST or without."""
    node = select.unalias()
    if isinstance(node, exp.Cast):
        node = node.this
    return node if isinstance(node, _COMBINED) else None


def _column(name: str, table: str) -> exp.Column:
    return exp.column(name, table=table)
