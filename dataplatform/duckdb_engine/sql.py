"""Names, texts and types as DuckDB writes them."""

from __future__ import annotations

from typing import Final

from pyiceberg.types import PrimitiveType


def quoted(name: str) -> str:
    """A name as SQL: `"select"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def duckdb_type(kind: PrimitiveType) -> str:
    """DuckDB's name of an Iceberg type."""
    name = str(kind).replace(" ", "")
    return _TYPES.get(name, name.upper())  # boolean, double, decimal(10,2), date: the same


_TYPES: Final = {
    "int": "INTEGER",
    "long": "BIGINT",
    "string": "VARCHAR",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
}
