"""What the database knows of itself beyond DuckDB's own catalogue, kept in the same file.

Users, roles, grants and owners are rows of the hidden schema `pg_internal`: they take part in the
transaction that changes them. A column's Redshift type is DuckDB's comment on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from embedded_aws.redshift.engine.types import RedshiftType
from embedded_aws.redshift.errors import SqlError

HIDDEN: Final = "pg_internal"
TEMPORARY: Final = "pg_temp"
"""The schema under which a session's temporary tables go; DuckDB keeps them in `temp.main`."""

SYSTEM_SCHEMAS: Final = frozenset(
    {HIDDEN, "information_schema", "pg_catalog", "main", "temp", "system"}
)

_SYSTEM_VIEWS: Final = {
    "pg_user": "SELECT name AS usename, superuser AS usesuper FROM pg_internal.users",
    "svv_roles": "SELECT name AS role_name, owner AS role_owner FROM pg_internal.roles",
    "svv_user_grants": (
        "SELECT member AS user_name, role AS role_name FROM pg_internal.role_members"
    ),
    "svv_relation_privileges": (
        "SELECT schema AS namespace_name, relation AS relation_name, privilege AS privilege_type, "
        "grantee AS identity_name, grantee_kind AS identity_type "
        "FROM pg_internal.grants WHERE relation <> ''"
    ),
    "svv_schema_privileges": (
        "SELECT schema AS namespace_name, privilege AS privilege_type, "
        "grantee AS identity_name, grantee_kind AS identity_type "
        "FROM pg_internal.grants WHERE relation = ''"
    ),
    "svv_tables": (
        "SELECT table_catalog, table_schema, table_name, table_type "
        "FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_internal', 'main') AND table_catalog = current_database()"
    ),
    "svv_columns": (
        "SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, "
        "column_name, row_number() OVER (PARTITION BY database_name, schema_name, table_name "
        "ORDER BY column_index) AS ordinal_position, column_default, "
        "CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable, "
        "regexp_replace(coalesce(comment, lower(data_type)), '\\(.*', '') AS data_type, "
        "CASE WHEN comment LIKE 'character%' THEN "
        "CAST(regexp_extract(comment, '\\d+') AS INTEGER) END AS character_maximum_length, "
        "numeric_precision, numeric_scale FROM duckdb_columns() "
        "WHERE schema_name NOT IN ('pg_internal', 'main', 'information_schema', 'pg_catalog') "
        "AND database_name = current_database()"
    ),
}
SYSTEM_VIEW_NAMES: Final = frozenset(_SYSTEM_VIEWS)

_SETUP: Final = (
    "CREATE SCHEMA IF NOT EXISTS public",
    f"CREATE SCHEMA IF NOT EXISTS {HIDDEN}",
    "CREATE TABLE IF NOT EXISTS pg_internal.users (name VARCHAR, superuser BOOLEAN)",
    "CREATE TABLE IF NOT EXISTS pg_internal.roles (name VARCHAR, owner VARCHAR)",
    "CREATE TABLE IF NOT EXISTS pg_internal.role_members (role VARCHAR, member VARCHAR)",
    "CREATE TABLE IF NOT EXISTS pg_internal.grants "
    "(schema VARCHAR, relation VARCHAR, privilege VARCHAR, grantee VARCHAR, grantee_kind VARCHAR)",
    "CREATE TABLE IF NOT EXISTS pg_internal.default_grants "
    "(owner VARCHAR, schema VARCHAR, privilege VARCHAR, grantee VARCHAR, grantee_kind VARCHAR)",
    "CREATE TABLE IF NOT EXISTS pg_internal.owners "
    "(schema VARCHAR, relation VARCHAR, owner VARCHAR)",
    *(
        f"CREATE OR REPLACE VIEW {HIDDEN}.{name} AS {query}"
        for name, query in _SYSTEM_VIEWS.items()
    ),
)


@dataclass(frozen=True)
class Relation:
    """A table or view that exists."""

    schema: str
    name: str

    @property
    def temporary(self) -> bool:
        """Whether it belongs to the session alone."""
        return self.schema == TEMPORARY

    @property
    def sql(self) -> str:
        """Its name for DuckDB."""
        schema = "temp.main" if self.temporary else quoted(self.schema)
        return f"{schema}.{quoted(self.name)}"


@dataclass(frozen=True)
class ColumnInfo:
    """A column as it stands in the catalogue; `default` is DuckDB's SQL of it."""

    name: str
    type: RedshiftType
    nullable: bool
    default: str | None


def quoted(name: str) -> str:
    """A name, quoted for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def set_up(connection: duckdb.DuckDBPyConnection, administrator: str) -> None:
    """Make a new database file ready; does nothing to one that is."""
    for statement in _SETUP:
        connection.execute(statement)
    add_user(connection, administrator, superuser=True)


def add_user(connection: duckdb.DuckDBPyConnection, name: str, *, superuser: bool = False) -> bool:
    """Note a user; False where it was there."""
    known = connection.execute("SELECT 1 FROM pg_internal.users WHERE name = ?", [name]).fetchone()
    if known is None:
        connection.execute("INSERT INTO pg_internal.users VALUES (?, ?)", [name, superuser])
    return known is None


def schemas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The schemas that people see."""
    rows = connection.execute(
        "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()"
    ).fetchall()
    return sorted(name for (name,) in rows if name not in SYSTEM_SCHEMAS)


def find(connection: duckdb.DuckDBPyConnection, parts: tuple[str, ...]) -> Relation | None:
    """The relation of that name: a temporary one first, then in `public`."""
    *qualifier, name = (part.lower() for part in parts)
    candidates = (qualifier[-1],) if qualifier else (TEMPORARY, "public")
    for schema in candidates:
        database, duck_schema = (
            ("temp", "main") if schema == TEMPORARY else (_current(connection), schema)
        )
        row = connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? "
            "AND lower(table_name) = ? UNION ALL "
            "SELECT 1 FROM duckdb_views() WHERE database_name = ? AND schema_name = ? "
            "AND lower(view_name) = ?",
            [database, duck_schema, name] * 2,
        ).fetchone()
        if row:
            return Relation(schema, name)
    return None


def resolve(connection: duckdb.DuckDBPyConnection, parts: tuple[str, ...]) -> Relation:
    """The relation of that name.

    Raises:
        SqlError: there is none.
    """
    if (relation := find(connection, parts)) is None:
        raise SqlError(f'relation "{".".join(parts)}" does not exist')
    return relation


def is_table(connection: duckdb.DuckDBPyConnection, relation: Relation) -> bool:
    """Whether it is a table, not a view."""
    database, schema = (
        ("temp", "main") if relation.temporary else (_current(connection), relation.schema)
    )
    return (
        connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? "
            "AND lower(table_name) = ?",
            [database, schema, relation.name],
        ).fetchone()
        is not None
    )


def columns(connection: duckdb.DuckDBPyConnection, relation: Relation) -> list[ColumnInfo]:
    """The relation's columns, in order."""
    database, schema = (
        ("temp", "main") if relation.temporary else (_current(connection), relation.schema)
    )
    rows = connection.execute(
        "SELECT column_name, comment, data_type, is_nullable, column_default FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND lower(table_name) = ? "
        "ORDER BY column_index",
        [database, schema, relation.name],
    ).fetchall()
    return [
        ColumnInfo(
            name,
            RedshiftType.parse(comment) if comment else RedshiftType.of_duckdb(data_type),
            nullable,
            default if default != "NULL" else None,
        )
        for name, comment, data_type, nullable, default in rows
    ]


def _current(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute("SELECT current_database()").fetchone()
    return str(row[0]) if row else ""
