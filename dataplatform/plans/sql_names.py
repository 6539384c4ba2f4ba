"""Tables and columns that a model's SQL names, checked against what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from dataplatform.plans.sql_file import SqlFile, line_of, nearest

Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""zone -> table -> column -> type"""


def tables(query: exp.Query) -> list[exp.Table]:
    """Tables that the SQL reads, in its order; names of its own WITH queries are left out."""
    return [
        source
        for scope in traverse_scope(query)
        for source in scope.sources.values()
        if isinstance(source, exp.Table)
    ]


def check_tables(model: SqlFile, query: exp.Query, schema: Schema) -> bool:
    """Note each table that there isn't."""
    good = True
    for table in tables(query):
        known = schema.get(table.db, {})
        if table.db in schema and table.name in known and not table.catalog:
            continue
        good = False
        every = [f"{zone}.{name}" for zone in schema for name in schema[zone]]
        written = exp.table_name(table)
        model.add(
            line_of(table),
            "FROM",
            f'"{written}"',
            f"a table of {' or '.join(f'{zone}.*' for zone in schema)}",
            nearest(written, every) or f"There are: {', '.join(sorted(every))}.",
        )
    return good


def check_columns(model: SqlFile, query: exp.Query, schema: Schema) -> bool:
    """Note each column that no table in reach has, or that two have."""
    good = True
    for scope in traverse_scope(query):
        for column in scope.columns:
            fault = _fault(column, scope, schema)
            if fault:
                good = False
                model.add(line_of(column), column.sql(), *fault)
    return good


def source_columns(source: exp.Table | Scope, schema: Schema) -> dict[str, str] | None:
    """Columns that a source gives; None where a `*` hides them."""
    if isinstance(source, exp.Table):
        return dict(schema[source.db][source.name])
    names: list[str] = source.expression.named_selects
    return None if "*" in names or source.expression.is_star else dict.fromkeys(names, "")


def rewrite(query: exp.Query, place: Callable[[exp.Table], str]) -> exp.Query:
    """A copy of the SQL in which each table stands under the name that `place` gives."""
    copied = query.copy()
    for table in tables(copied):
        alias = table.alias or table.name
        renamed = exp.to_table(place(table), dialect="spark")
        renamed.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
        for key in ("joins", "laterals", "pivots", "sample"):
            if table.args.get(key):
                renamed.set(key, table.args[key])
        table.replace(renamed)
    return copied


def _fault(column: exp.Column, scope: Scope, schema: Schema) -> tuple[str, str, str] | None:
    """What is wrong with a column: found, expected, remedy."""
    if isinstance(column.this, exp.Star):
        return None
    reach = _reach(scope)
    if column.table:
        if column.table not in reach:
            return (
                f'no table "{column.table}"',
                "a table or alias of this query",
                nearest(column.table, list(reach)),
            )
        known = source_columns(reach[column.table], schema)
        if known is None or column.name in known:
            return None
        return f'"{column.name}"', f"a column of {column.table}", nearest(column.name, list(known))
    having = {alias: source_columns(source, schema) for alias, source in scope.sources.items()}
    holders = [alias for alias, names in having.items() if names is None or column.name in names]
    if len(holders) > 1 and not _is_joined_using(column.name, scope):
        return (
            f'"{column.name}"',
            "a column of one table alone",
            (f"Write {' or '.join(f'{alias}.{column.name}' for alias in holders)}."),
        )
    if holders or column.name in scope.expression.named_selects:
        return None
    outer = [source_columns(source, schema) for source in reach.values()]
    if any(names is None or column.name in names for names in outer):
        return None
    every = sorted({name for names in outer if names for name in names})
    return f'"{column.name}"', "a column of this query's tables", nearest(column.name, every)


def _reach(scope: Scope) -> dict[str, exp.Table | Scope]:
    """Sources of a query and, for a correlated one, of those around it."""
    found: dict[str, exp.Table | Scope] = {}
    at: Scope | None = scope
    while at is not None:
        found = {**at.sources, **found}
        at = at.parent if at.is_correlated_subquery or at.is_subquery else None
    return found


def _is_joined_using(name: str, scope: Scope) -> bool:
    joins = scope.expression.args.get("joins") or []
    return any(name == word.name for join in joins for word in join.args.get("using") or [])
