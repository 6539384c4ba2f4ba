"""Does a Parquet file fit a table? Redshift compares types strictly, and by position."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from embedded_aws.redshift.engine.catalog import ColumnInfo, literal, quoted
from embedded_aws.redshift.engine.types import RedshiftType
from embedded_aws.redshift.errors import SqlError


@dataclass(frozen=True)
class ParquetFile:
    """A file fetched from S3, and where it came from."""

    path: Path
    bucket: str
    key: str

    @property
    def url(self) -> str:
        """How Redshift names it in errors."""
        return f"https://s3.us-east-1.amazonaws.com/{self.bucket}/{self.key}"


@dataclass(frozen=True)
class _Leaf:
    name: str
    physical: str
    logical: str
    precision: int
    scale: int
    optional: bool

    def __str__(self) -> str:
        kind = {"BYTE_ARRAY": "binary", "FIXED_LEN_BYTE_ARRAY": "fixed_len_byte_array"}
        physical = kind.get(self.physical, self.physical.lower())
        logical = f" ({self.logical})" if self.logical else ""
        return f"{'optional' if self.optional else 'required'} {physical} {self.name}{logical}"


def load(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    columns: list[ColumnInfo],
    file: ParquetFile,
) -> int:
    """Insert the file's rows, column by column in order; gives their number.

    Raises:
        SqlError: "Spectrum Scan Error", as Redshift says: not Parquet, other columns, other types,
            or a text that is longer than its column.
    """
    leaves = _leaves(connection, file)
    if len(leaves) != len(columns):
        raise scan_error(
            "Unmatched number of columns between table and file. "
            f"Table columns: {len(columns)}, Data columns: {len(leaves)}, File name: {file.url}"
        )
    for leaf, column in zip(leaves, columns, strict=True):
        if not _fits(leaf, column.type):
            raise scan_error(
                f"File '{file.url}' has an incompatible Parquet schema for column "
                f"'s3://{file.bucket}/{file.key}.{leaf.name}'. "
                f"Column type: {_column_type(column.type)}, Parquet schema: {leaf}"
            )
    _check_lengths(connection, columns, leaves, file)
    names = ", ".join(quoted(column.name) for column in columns)
    row = connection.execute(
        f"INSERT INTO {target} ({names}) SELECT {_selection(leaves, columns)} "
        f"FROM read_parquet({literal(str(file.path))}, hive_partitioning = false)"
    ).fetchone()
    return int(row[0]) if row else 0


def scan_error(context: str, code: int = 15007) -> SqlError:
    """The layout that Redshift's errors of this layer have."""
    return SqlError(
        "Spectrum Scan Error\n  DETAIL:\n  -----------------------------------------------\n"
        f"  error:  Spectrum Scan Error\n  code:      {code}\n  context:   {context}\n"
        "  -----------------------------------------------"
    )


def _leaves(connection: duckdb.DuckDBPyConnection, file: ParquetFile) -> list[_Leaf]:
    try:
        rows = connection.execute(
            "SELECT name, type, coalesce(converted_type, ''), coalesce(logical_type, ''), "
            "coalesce(precision, 0), coalesce(scale, 0), repetition_type, "
            "coalesce(num_children, 0) FROM parquet_schema(?)",
            [str(file.path)],
        ).fetchall()
    except duckdb.Error as error:
        raise scan_error(f"File '{file.url}' is not a valid Parquet file", 15001) from error
    if any(children for *_, children in rows[1:]):
        raise scan_error(f"File '{file.url}' has nested columns, which are loaded as SUPER alone")
    return [
        _Leaf(name, physical, _logical(converted, logical), precision, scale, repeat == "OPTIONAL")
        for name, physical, converted, logical, precision, scale, repeat, _ in rows[1:]
    ]


def _logical(converted: str, logical: str) -> str:
    """One word for the annotation, whichever of Parquet's two generations wrote it."""
    if match := re.search(r"(MILLIS|MICROS|NANOS)=(?!<null>)", logical):
        return f"TIMESTAMP_{match[1]}" if logical.startswith("Timestamp") else f"TIME_{match[1]}"
    return converted


_TEXTS: Final = ("", "UTF8", "ENUM", "JSON")
_FITTING: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "int2": (("INT32",), ("", "INT_16", "INT_8")),
    "int4": (("INT32",), ("", "INT_32")),
    "int8": (("INT64",), ("", "INT_64")),
    "float4": (("FLOAT",), ("",)),
    "float8": (("DOUBLE",), ("",)),
    "bool": (("BOOLEAN",), ("",)),
    "date": (("INT32",), ("DATE",)),
    "timestamp": (("INT64", "INT96"), ("", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS")),
    "numeric": (("INT32", "INT64", "FIXED_LEN_BYTE_ARRAY", "BYTE_ARRAY"), ("DECIMAL",)),
    "varchar": (("BYTE_ARRAY",), _TEXTS),
    "bpchar": (("BYTE_ARRAY",), _TEXTS),
}
"""Physical and logical types of Parquet that a column takes; TIMESTAMPTZ and TIME take none."""


def _fits(leaf: _Leaf, column: RedshiftType) -> bool:
    physical, logical = _FITTING.get(column.name, ((), ()))
    if leaf.physical not in physical or leaf.logical not in logical:
        return False
    if column.name == "numeric":
        return (leaf.precision, leaf.scale) == (column.precision, column.scale)
    if column.name == "timestamp":
        return bool(leaf.logical) or leaf.physical == "INT96"
    return True


def _column_type(column: RedshiftType) -> str:
    names = {"int2": "SMALLINT", "int4": "INT", "int8": "BIGINT", "numeric": "DECIMAL"}
    name = names.get(column.name, column.name.upper())
    if column.name == "numeric":
        return f"{name}({column.precision},{column.scale})"
    return f"{name}({column.precision})" if column.is_text else name


def _check_lengths(
    connection: duckdb.DuckDBPyConnection,
    columns: list[ColumnInfo],
    leaves: list[_Leaf],
    file: ParquetFile,
) -> None:
    texts = [(c, leaf) for c, leaf in zip(columns, leaves, strict=True) if c.type.is_text]
    if not texts:
        return
    longest = ", ".join(f"max(strlen(CAST({quoted(leaf.name)} AS VARCHAR)))" for _, leaf in texts)
    row = connection.execute(
        f"SELECT {longest} FROM read_parquet(?, hive_partitioning = false)", [str(file.path)]
    ).fetchone()
    for (column, leaf), length in zip(texts, row or (), strict=True):
        if length is not None and length > column.type.precision:
            raise scan_error(
                f"The length of the data column {leaf.name} is longer than the length defined in "
                f"the table. Table: {column.type.precision}, Data: {length}, File name: {file.url}"
            )


def _selection(leaves: list[_Leaf], columns: list[ColumnInfo]) -> str:
    # Instants go into TIMESTAMP as UTC; the session's time zone is UTC.
    return ", ".join(
        f"CAST({quoted(leaf.name)} AS {column.type.duckdb})"
        for leaf, column in zip(leaves, columns, strict=True)
    )
