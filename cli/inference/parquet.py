"""A Parquet file as JSON Lines, with the types that it says itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import duckdb

from cli.inference.model import Sample
from cli.inference.profiling import database
from cli.inference.reading import Show, unusable

_TYPES: Final = {
    "BOOLEAN": "boolean",
    "TINYINT": "int",
    "SMALLINT": "int",
    "INTEGER": "int",
    "UTINYINT": "int",
    "USMALLINT": "int",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "double",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "UUID": "string",
    "ENUM": "string",
    "TIME": "string",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_MOST_PLACES: Final = 35


def json_lines_of(origin: str, path: Path, to: Path, show: Show) -> Sample:
    """Write a Parquet file's rows as JSON Lines; nested values stay nested.

    Raises:
        UnusableSample: it is damaged, or holds bytes that aren't text.
    """
    source = f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')"
    show("writing its rows as JSON Lines")
    with database(to.parent) as connection:
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            columns = {str(row[0]): str(row[1]) for row in described}
            if binary := [name for name, kind in columns.items() if "BLOB" in kind]:
                raise unusable(
                    origin,
                    f"bytes that aren't text in {', '.join(binary)}",
                    "text, numbers, dates and times",
                    "Leave them out, or write them as text (base64).",
                )
            listed = ", ".join(json_column(name, kind) for name, kind in columns.items())
            connection.execute("SET preserve_insertion_order = true")
            connection.execute(
                f"COPY (SELECT {listed} FROM {source}) TO '{to}' (FORMAT json, ARRAY false)"
            )
        except duckdb.Error as error:
            raise unusable(
                origin, f"not Parquet: {str(error).splitlines()[0]}", "Parquet"
            ) from error
    return Sample(
        path=to,
        name=to.name,
        format="json",
        origin=origin,
        types={name: known for name, kind in columns.items() if (known := platform_type(kind))},
        notes=("was written as JSON Lines, which the platform reads; send files like that",),
    )


def json_column(name: str, kind: str) -> str:
    """A column as JSON writes it so that a cast gives it back: times in UTC, no NaN."""
    column = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS {column}"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%f') AS {column}"
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isfinite({column}) THEN {column} END AS {column}"
    if _is_map(kind):
        return f"CAST(to_json({column}) AS VARCHAR) AS {column}"
    if kind in ("UUID", "TIME") or kind.startswith("ENUM"):
        return f"CAST({column} AS VARCHAR) AS {column}"
    return column


def platform_type(kind: str) -> str:
    """The platform's type for one of DuckDB's; "" where the values must tell."""
    if match := _DECIMAL.fullmatch(kind):
        places = int(match[2])
        return f"decimal({match[1]},{places})" if places <= _MOST_PLACES else ""
    if _is_map(kind):
        return "string"
    return _TYPES.get(kind.split("(")[0], "")


def _is_map(kind: str) -> bool:
    """A map's keys differ from row to row, so it is JSON text and no object of a contract's."""
    return kind.startswith("MAP(") and kind.endswith(")")
