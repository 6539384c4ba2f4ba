"""Tables and columns that a model's SQL names, checked against what there is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from dataplatform.plans.model import Column
from dataplatform.plans.sql_file import SqlFile, line_of
from dataplatform.suggestions import did_you_mean

Schema = Mapping[str, Mapping[str, Mapping[str, Column]]]
"""zone -> table -> name -> column"""

_Source = exp.Table | Scope
_FEW = 12
_AFTER_SELECT = (exp.Group, exp.Order, exp.Having, exp.Qualify)


def tables(query: exp.Query) -> list[exp.Table]:
    """Tables that the SQL reads, in its order; names of its own WITH queries are left out."""
    found = {  # a LATERAL VIEW's scope has the table, too
        id(source): source
        for scope in traverse_scope(query)
        for source in scope.sources.values()
        if isinstance(source, exp.Table)
    }
    return list(found.values())


def is_driving(query: exp.Query, table: exp.Table) -> bool:
    """Whether each row of a query is of one row of this table: the first, and none joins to it."""
    start = query.args.get("from_")
    sides = {join.side for join in query.args.get("joins") or []}
    return start is not None and start.this is table and not {"RIGHT", "FULL"} & sides


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
            did_you_mean(written, every) or f"There are: {', '.join(sorted(every))}.",
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


def rewrite(query: exp.Query, place: Callable[[exp.Table], str]) -> exp.Query:
    """A copy of the SQL in which each table stands under the name that `place` gives."""
    copied = query.copy()
    for table in tables(copied):
        alias = table.alias or table.name
        parts = [exp.to_identifier(part) for part in reversed(place(table).split("."))]
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
        for key, part in zip(("this", "db", "catalog"), [*parts, None, None], strict=False):
            table.set(key, part)
    return copied


def columns_of(source: _Source, schema: Schema) -> Set[str] | None:
    """Columns that a source gives; None where a `*` hides them."""
    if isinstance(source, exp.Table):
        return schema[source.db][source.name].keys()
    query = source.expression
    if not isinstance(query, exp.Query) or query.is_star:
        return None
    return set(query.named_selects)


def _fault(column: exp.Column, scope: Scope, schema: Schema) -> tuple[str, str, str] | None:
    """What is wrong with a column: found, expected, remedy."""
    if isinstance(column.this, exp.Star):
        return None
    reach = _reach(scope)
    if not column.table:
        return (
            None if _is_alias(column, scope) else _fault_of_bare(column.name, scope, reach, schema)
        )
    if column.table not in reach:
        remedy = _as_part(column, reach, schema) or did_you_mean(column.table, list(reach))
        return f'no table "{column.table}"', "a table or alias of this query", remedy
    known = columns_of(reach[column.table], schema)
    if known is None or column.name in known:
        return None
    remedy = did_you_mean(column.name, list(known)) or _listed(known)
    return f'"{column.name}"', f"a column of {column.table}", remedy


def _fault_of_bare(
    name: str, scope: Scope, reach: Mapping[str, _Source], schema: Schema
) -> tuple[str, str, str] | None:
    having = {alias: columns_of(source, schema) for alias, source in scope.sources.items()}
    holders = [alias for alias, names in having.items() if names is None or name in names]
    if len(holders) > 1 and not _is_joined_using(name, scope):
        remedy = f"Write {' or '.join(f'{alias}.{name}' for alias in holders)}."
        return f'"{name}", which several have', "a column of one table alone", remedy
    if holders:
        return None
    outer = [columns_of(source, schema) for source in reach.values()]
    if any(names is None or name in names for names in outer):
        return None
    every = sorted({known for names in outer if names for known in names})
    return (
        f'"{name}"',
        "a column of this query's tables",
        did_you_mean(name, every) or _listed(every),
    )


def _as_part(column: exp.Column, reach: Mapping[str, _Source], schema: Schema) -> str:
    """How a property is written whose object stands without its table; "" where none has it."""
    holders = [
        alias
        for alias, source in reach.items()
        if column.table in (_given_by_view(source) or columns_of(source, schema) or ())
    ]
    whole = [f"{alias}.{column.table}.{column.name}" for alias in holders]
    return f"Write {' or '.join(whole)}." if whole else ""


def _given_by_view(source: _Source) -> list[str]:
    """The columns that a LATERAL VIEW names."""
    lateral = source.expression if isinstance(source, Scope) else None
    alias = lateral.args.get("alias") if isinstance(lateral, exp.Lateral) else None
    return [column.name for column in alias.columns] if alias else []


def _listed(columns: Collection[str]) -> str:
    """The columns that there are, where they are few enough to be read; the platform's aside."""
    columns = [name for name in columns if not name.startswith("_")]
    return f"There are {', '.join(columns)}." if 0 < len(columns) <= _FEW else ""


def _is_alias(column: exp.Column, scope: Scope) -> bool:
    """Whether a name after the SELECT list stands for one of the list's aliases."""
    query = scope.expression
    if column.find_ancestor(*_AFTER_SELECT) is None or not isinstance(query, exp.Query):
        return False
    return column.name in query.named_selects


def _reach(scope: Scope) -> dict[str, _Source]:
    """Sources of a query and, for a correlated one, of those around it."""
    found: dict[str, _Source] = {}
    at: Scope | None = scope
    while at is not None:
        found = {**at.sources, **found}
        at = at.parent if at.is_subquery else None
    return found


def _is_joined_using(name: str, scope: Scope) -> bool:
    joins = scope.expression.args.get("joins") or []
    return any(name == word.name for join in joins for word in join.args.get("using") or [])
