"""Names, texts and types as DuckDB writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyiceberg.types import IcebergType, ListType, StructType


def quoted(name: str) -> str:
    """A name as SQL: `"select"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def duckdb_type(kind: IcebergType) -> str:
    """DuckDB's name of an Iceberg type."""
    if isinstance(kind, StructType):
        return struct_type((field.name, duckdb_type(field.field_type)) for field in kind.fields)
    if isinstance(kind, ListType):
        return list_type(duckdb_type(kind.element_type))
    name = str(kind).replace(" ", "")
    return _TYPES.get(name, name.upper())  # boolean, double, decimal(10,2), date: the same


def struct_type(fields: Iterable[tuple[str, str]]) -> str:
    """DuckDB's name of a struct, from the name and type of each field."""
    return f"STRUCT({', '.join(f'{quoted(name)} {kind}' for name, kind in fields)})"


def list_type(element: str) -> str:
    """DuckDB's name of a list."""
    return f"{element}[]"


_TYPES: Final = {
    "int": "INTEGER",
    "long": "BIGINT",
    "string": "VARCHAR",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
}
