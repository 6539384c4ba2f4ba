"""A table of a PostgreSQL database as JSON Lines, with what its catalogue says of it.

By DuckDB's own extension, from its pinned wheel: nothing is fetched, and the session is read-only.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import duckdb

from cli.inference.model import Sample
from cli.inference.parquet import json_column, platform_type
from cli.inference.profiling import database
from cli.inference.reading import Show, UnusableSample, unusable

SCHEMES: Final = ("postgres", "postgresql")
MOST_ROWS: Final = 100_000
_EXTENSION: Final = "duckdb_extension_postgres_scanner"
_USAGE: Final = "postgres://USER@HOST/DATABASE/SCHEMA.TABLE, with PGPASSWORD in the environment"


def json_lines_of_table(address: str, folder: Path, show: Show) -> Sample:
    """Read the catalogue's word on a table, and as many of its rows as make a sample.

    Args:
        address: `postgres://user@host:port/database/schema.table`; no schema means public.

    Raises:
        UnusableSample: no such table, or no answer from the database.
    """
    parts = urlsplit(address)
    base, _, table = parts.path.strip("/").partition("/")
    origin = f"{parts.scheme}://{parts.hostname or ''}/{base}{'/' + table if table else ''}"
    if not base or not table:
        raise unusable(origin, "no database and table", _USAGE)
    schema, _, name = unquote(table).rpartition(".")
    schema = schema or "public"
    show(f"asking {parts.hostname or 'the database'} for {schema}.{name}")
    connected = urlunsplit((parts.scheme, parts.netloc, "/" + base, parts.query, ""))
    with database(folder) as connection:
        _attach(connection, connected, origin)
        columns = _columns(connection, origin, schema, name)
        to = folder / f"{name}.jsonl"
        rows = _copied(connection, origin, schema, name, columns, to)
        if not rows:
            raise unusable(origin, "no records", "one record or more, to see what they are like")
        descriptions = _descriptions(connection, schema, name)
    note = (
        "files of it land as JSON Lines: a database isn't pulled from yet, so export it regularly"
    )
    part = f"the first {rows:,} rows were read; the key and what may be missing are the catalogue's"
    return Sample(
        path=to,
        name=to.name,
        format="json",
        origin=origin,
        types={c[0]: known for c in columns if (known := platform_type(c[1]))},
        key=tuple(c[0] for c in columns if c[3]),
        nullable=frozenset(c[0] for c in columns if c[2]),
        descriptions=descriptions,
        notes=(note, part) if rows == MOST_ROWS else (note,),
    )


def _attach(connection: duckdb.DuckDBPyConnection, address: str, origin: str) -> None:
    (extension,) = files(_EXTENSION).joinpath("extensions").glob("*/*.duckdb_extension")  # type: ignore[attr-defined]
    connection.execute(f"LOAD '{extension}'")
    try:
        connection.execute(f"ATTACH {_literal(address)} AS source (TYPE postgres, READ_ONLY)")
    except duckdb.Error as error:
        raise unusable(origin, f"no answer: {_said(error, address)}", _USAGE) from error


def _columns(
    connection: duckdb.DuckDBPyConnection, origin: str, schema: str, name: str
) -> list[tuple[str, str, bool, bool]]:
    """Of each column: name, DuckDB's type, whether it may be null, whether it is in the key."""
    try:
        described = connection.execute(f"DESCRIBE {_table(schema, name)}").fetchall()
    except duckdb.Error as error:
        raise _no_table(connection, origin, schema, name) from error
    return [(str(c[0]), str(c[1]), c[2] != "NO", c[3] == "PRI") for c in described]


def _no_table(
    connection: duckdb.DuckDBPyConnection, origin: str, schema: str, name: str
) -> UnusableSample:
    listed = connection.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_catalog = 'source' "
        "AND table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1 LIMIT 20"
    ).fetchall()
    tables = ", ".join(str(found) for (found,) in listed)
    return unusable(
        origin, f"no table {schema}.{name}", "a table that you may read", f"There are: {tables}."
    )


def _copied(
    connection: duckdb.DuckDBPyConnection,
    origin: str,
    schema: str,
    name: str,
    columns: list[tuple[str, str, bool, bool]],
    to: Path,
) -> int:
    readable = [(c[0], c[1]) for c in columns if "BLOB" not in c[1]]
    listed = ", ".join(json_column(column, kind) for column, kind in readable)
    try:
        connection.execute(
            f"COPY (SELECT {listed} FROM {_table(schema, name)} LIMIT {MOST_ROWS}) "
            f"TO {_literal(str(to))} (FORMAT json, ARRAY false)"
        )
    except duckdb.Error as error:
        raise unusable(
            origin, f"no rows: {_said(error, '')}", "a table that you may read"
        ) from error
    with to.open("rb") as file:
        return sum(1 for _ in file)


def _descriptions(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> dict[str, str]:
    """Comments on columns."""
    query = (
        "SELECT a.attname, d.description FROM pg_description d "
        "JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid "
        "JOIN pg_class c ON c.oid = d.objoid JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = {_literal(schema)} AND c.relname = {_literal(name)}"
    )
    found: list[tuple[Any, ...]] = connection.execute(
        f"SELECT * FROM postgres_query('source', {_literal(query)})"
    ).fetchall()
    return {str(column): " ".join(str(words).split()) for column, words in found}


def _table(schema: str, name: str) -> str:
    return ".".join(
        ["source", *(f'"{part.replace(chr(34), chr(34) * 2)}"' for part in (schema, name))]
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _said(error: duckdb.Error, address: str) -> str:
    """The error's last line, without the address, which may hold a password."""
    words = str(error).replace(address, "…") if address else str(error)
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing said"
