"""Listings of the Data API: databases, schemas, tables, columns; each in pages."""

from __future__ import annotations

import fnmatch
from typing import Any

from embedded_aws.redshift import values
from embedded_aws.redshift.engine import catalog
from embedded_aws.redshift.engine.database import Database

Request = dict[str, Any]


def list_databases(database: Database, request: Request) -> dict[str, Any]:
    """A namespace has one database here."""
    return page("Databases", [database.name], request)


def list_schemas(database: Database, request: Request) -> dict[str, Any]:
    """Schemas by `SchemaPattern`."""
    connection = database.connect()
    try:
        names = [*catalog.schemas(connection), "information_schema", "pg_catalog"]
    finally:
        connection.close()
    found = [name for name in sorted(names) if _like(name, request.get("SchemaPattern"))]
    return page("Schemas", found, request)


def list_tables(database: Database, request: Request) -> dict[str, Any]:
    """Tables and views by `SchemaPattern` and `TablePattern`."""
    connection = database.connect()
    try:
        rows = connection.execute(
            "SELECT table_schema, table_name, table_type FROM information_schema.tables "
            "WHERE table_catalog = current_database() ORDER BY ALL"
        ).fetchall()
    finally:
        connection.close()
    found = [
        {"schema": schema, "name": name, "type": "VIEW" if kind == "VIEW" else "TABLE"}
        for schema, name, kind in rows
        if schema not in catalog.SYSTEM_SCHEMAS
        and _like(schema, request.get("SchemaPattern"))
        and _like(name, request.get("TablePattern"))
    ]
    return page("Tables", found, request)


def describe_table(database: Database, request: Request) -> dict[str, Any]:
    """A table's columns; none where there is no such table, as in AWS."""
    schema, table = request.get("Schema", "public"), request.get("Table", "")
    connection = database.connect()
    try:
        relation = catalog.find(connection, (schema, table))
        columns = catalog.columns(connection, relation) if relation else []
    finally:
        connection.close()
    found = [
        {
            **values.column_metadata(column.name, column.type),
            "nullable": int(column.nullable),
            "schemaName": schema,
            "tableName": table,
            "columnDefault": column.default,
        }
        for column in columns
    ]
    return {"TableName": table, **page("ColumnList", found, request)}


def page(name: str, items: list[Any], request: Request) -> dict[str, Any]:
    """One page of a listing, and where the next one starts."""
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or 1000)
    found: dict[str, Any] = {name: items[start:end]}
    if end < len(items):
        found["NextToken"] = str(end)
    return found


def _like(text: str, pattern: str | None) -> bool:
    """SQL's LIKE, as the listing calls take it."""
    if not pattern:
        return True
    return fnmatch.fnmatchcase(text, pattern.replace("%", "*").replace("_", "?"))
