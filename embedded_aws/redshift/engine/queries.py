"""Redshift SQL that sqlglot parses: which tables it touches, and how DuckDB is asked instead."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import sqlglot
from sqlglot import exp

from embedded_aws.redshift.engine.catalog import HIDDEN, SYSTEM_VIEW_NAMES
from embedded_aws.redshift.engine.types import RedshiftType
from embedded_aws.redshift.errors import NotEmulated, SqlError

# sqlglot reports by log what it can't parse; here that is an error of the statement.
logging.getLogger("sqlglot").setLevel(logging.ERROR + 1)

_NOT_REDSHIFT: Final = frozenset(
    """READ_PARQUET READ_CSV READ_CSV_AUTO READ_JSON READ_JSON_AUTO READ_TEXT READ_BLOB GLOB
    PARQUET_SCAN ICEBERG_SCAN GETENV QUERY QUERY_TABLE SNIFF_CSV UNNEST RANGE LIST_VALUE
    STRUCT_PACK TYPEOF GENERATE_SUBSCRIPTS GEN_RANDOM_UUID UUID LIST ARRAY_AGG""".split()
)
"""Functions of DuckDB that Redshift lacks; most would read files past IAM."""

_NAMING: Final = (exp.Avg, exp.Count, exp.Max, exp.Min, exp.Sum)


def parse(sql: str) -> exp.Expr:
    """The statement's tree.

    Raises:
        SqlError: a syntax error.
        NotEmulated: a statement that isn't understood here.
    """
    try:
        tree = sqlglot.parse_one(sql, read="redshift")
    except sqlglot.errors.ParseError as error:
        found = error.errors[0] if error.errors else {}
        near = found.get("highlight") or "end of input"
        raise SqlError(f'syntax error at or near "{near}"') from error
    if isinstance(tree, exp.Command):
        raise NotEmulated(" ".join(sql.split()[:3]))
    return tree


def bind(tree: exp.Expr, parameters: Mapping[str, str]) -> exp.Expr:
    """Put values for `:name`; the Data API sends each as text, which Redshift then casts."""
    used = set()
    for placeholder in list(tree.find_all(exp.Placeholder)):
        name = placeholder.name
        if name not in parameters:
            raise SqlError(f"Parameters list contains unused or missing parameter: {name}")
        used.add(name)
        placeholder.replace(exp.Literal.string(parameters[name]))
    if unused := set(parameters) - used:
        raise SqlError(f"Parameters list contains unused parameters. Unused: {sorted(unused)}")
    return tree


def tables_read(tree: exp.Expr, target: exp.Table | None = None) -> list[exp.Table]:
    """The tables that a statement reads: neither CTEs, nor its target."""
    ctes = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    return [
        table
        for table in tree.find_all(exp.Table)
        if table is not target
        and isinstance(table.this, exp.Identifier)
        and not (not table.db and table.name.lower() in ctes)
        and not _is_column_qualifier(table)
    ]


def name_parts(table: exp.Table) -> tuple[str, ...]:
    """`schema.table` in lower case."""
    return tuple(part.name.lower() for part in table.parts)


def is_system(table: exp.Table) -> bool:
    """Whether it is one of the views that everyone may read."""
    schema = table.db.lower()
    if schema == HIDDEN:
        raise SqlError(f'schema "{HIDDEN}" does not exist')
    return schema in ("information_schema", "pg_catalog", "pg_internal") or (
        not schema and table.name.lower() in SYSTEM_VIEW_NAMES
    )


def column_names(tree: exp.Query, found: Sequence[str]) -> list[str]:
    """What Redshift calls a result's columns: an aggregate without an alias as its function.

    Args:
        found: what DuckDB calls them: `count_star()`, where Redshift says `count`.
    """
    first: exp.Expr = tree
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    given = first.expressions if isinstance(first, exp.Select) else []
    if len(given) != len(found):  # of a star come more
        given = []
    names = [name.lower() for name in found]
    for place, column in enumerate(given):
        function = column.this if isinstance(column, exp.Window) else column
        if isinstance(function, _NAMING):
            names[place] = function.key
    return names


def to_duckdb(tree: exp.Expr) -> str:
    """DuckDB's SQL for the same statement.

    Raises:
        NotEmulated: names what there is no counterpart for.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    copy = tree.copy()
    for node in reversed(list(copy.walk())):  # children first, so that none is missed
        replacement = _rewrite(node, now)
        if replacement is not node:
            node.replace(replacement)
    return copy.sql("duckdb")


def _rewrite(node: exp.Expr, now: datetime) -> exp.Expr:
    if isinstance(node, exp.Cast):
        return _cast(node)
    if isinstance(node, exp.Func):
        return _function(node, now)
    if isinstance(node, exp.Table):
        return _table(node)
    return node


def _function(node: exp.Func, now: datetime) -> exp.Expr:
    if isinstance(node, exp.CurrentTimestamp):
        # GETDATE() and SYSDATE have no time zone in Redshift, and its clock is UTC.
        return exp.cast(exp.Literal.string(now.isoformat(sep=" ")), "TIMESTAMP")
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
    if name.upper() in _NOT_REDSHIFT:
        raise SqlError(f"function {name.lower()} does not exist")
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    wanted = RedshiftType.of(node.to)
    if wanted.name == "varchar" and node.to.expressions:
        # A cast to VARCHAR(n) cuts, where an insert refuses. (By characters here, by bytes there.)
        text = exp.cast(node.this.copy(), "VARCHAR")
        return exp.Left(this=text, expression=exp.Literal.number(wanted.precision))
    return node


def _table(node: exp.Table) -> exp.Expr:
    if isinstance(node.this, exp.Func):
        # DuckDB's functions that give tables would read files past IAM.
        raise SqlError(f"function {node.this.name.lower() or node.this.key} does not exist")
    if not node.db and node.name.lower() in SYSTEM_VIEW_NAMES:
        node.set("db", exp.to_identifier(HIDDEN))
    return node


def _is_column_qualifier(table: exp.Table) -> bool:
    return isinstance(table.parent, exp.Column)
