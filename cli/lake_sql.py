"""A query on the lake's own tables, answered here: what Athena would say, without an account.

Each table that the query names is read whole, in the columns that it asks for, into a database on
local disk. That suits looking at data; what is larger than a laptop is for Athena.
"""

from __future__ import annotations

from typing import Any

import duckdb
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from cli import tables
from cli.live.report import database
from cli.screen import WrongUsage
from cli.target import Target
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.warehouse import told_apart
from dataplatform.duckdb_engine.sql import quoted
from dataplatform.naming import Zone

_WHY = "Nothing was read."


def ask_lake(target: Target, query: str) -> list[dict[str, Any]]:
    """Rows of one SELECT, in DuckDB's SQL, over `silver.<dataset>`, `gold.<model>` and so on.

    Raises:
        WrongUsage: it is no SELECT, names a table that isn't in the lake, or DuckDB refuses it.
    """
    select = _select(query)
    asked = {(table.db, table.name): table for table in select.find_all(exp.Table) if table.db}
    known = set(tables.in_lake(target))
    for zone, name in asked:
        if (zone, name) not in known:
            raise tables.unknown(target, zone, name, "lake")
    with database() as connection:
        for zone, name in asked:
            _load(target, connection, Zone(zone), name, _columns(select))
        try:
            answer = connection.execute(query)
            names = told_apart([column[0] for column in answer.description or ()])
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        except duckdb.Error as error:
            what = str(error).splitlines()[0]
            remedy = _remedy(query)
            if isinstance(error, duckdb.BinderException) and asked:
                remedy = "Columns: " + ", ".join(f"./weir sql {z}.{name}" for z, name in asked)
            raise WrongUsage(what, why="Nothing was changed.", remedy=remedy) from error


def _select(query: str) -> exp.Query:
    try:
        found = parse_one(query, read="duckdb")
    except SqlglotError as error:
        what = f"the query isn't SQL: {str(error).splitlines()[0]}"
        raise WrongUsage(what, why=_WHY, remedy=_remedy(query)) from error
    if not isinstance(found, exp.Query):
        raise WrongUsage("the query is no SELECT", why=_WHY, remedy="The lake is only read here.")
    return found


def _remedy(query: str) -> str:
    return f"It is DuckDB's SQL, on tables such as silver.<dataset>. The query was: {query}"


def _columns(select: exp.Query) -> set[str] | None:
    """Every column that the query names, of whatever table; None for all of them.

    Of `address.city` both words: which of them is the column only the table knows.
    """
    if any(not isinstance(star.parent, exp.Count) for star in select.find_all(exp.Star)):
        return None
    return {part.name.lower() for c in select.find_all(exp.Column) for part in c.parts}


def _load(
    target: Target,
    connection: duckdb.DuckDBPyConnection,
    zone: Zone,
    name: str,
    wanted: set[str] | None,
) -> None:
    table = open_table(target.names.table(zone, name))
    present = [field.name for field in table.schema().fields]
    fields = [column for column in present if wanted is None or column in wanted] or present[:1]
    rows = table.scan(selected_fields=tuple(fields)).to_arrow_batch_reader()
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {zone.value}")
    connection.register("arriving", rows)
    connection.execute(f"CREATE TABLE {zone.value}.{quoted(name)} AS SELECT * FROM arriving")
    connection.unregister("arriving")
