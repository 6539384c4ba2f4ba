"""Redshift's column types: how they are named, kept in DuckDB, and shown by the Data API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from sqlglot import exp

from embedded_aws.redshift.errors import NotEmulated, SqlError

MAX_VARCHAR: Final = 65535
_DEFAULT_VARCHAR: Final = 256


@dataclass(frozen=True)
class RedshiftType:
    """A type by its Data API name (`int4`, `varchar`); `precision` is a text's length in bytes."""

    name: str
    precision: int = 0
    scale: int = 0

    @classmethod
    def of(cls, data_type: exp.DataType) -> Self:
        """Read a parsed type.

        Raises:
            NotEmulated: a Redshift type that has no counterpart here.
            SqlError: a type that Redshift doesn't have.
        """
        kind = data_type.this.value
        sizes = [_size(item) for item in data_type.expressions]
        if kind in _SIMPLE:
            return cls(_SIMPLE[kind])
        if kind in ("VARCHAR", "NVARCHAR", "TEXT"):
            return cls("varchar", sizes[0] if sizes else _DEFAULT_VARCHAR)
        if kind in ("CHAR", "NCHAR", "BPCHAR"):
            return cls("bpchar", sizes[0] if sizes else 256 if kind == "BPCHAR" else 1)
        if kind == "DECIMAL":
            return cls("numeric", *(sizes or [18]))
        if kind in _NOT_EMULATED:
            raise NotEmulated(f"type {kind}")
        raise SqlError(f'type "{kind.lower()}" does not exist')

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `formatted` wrote."""
        base, _, sizes = text.partition("(")
        name = next(name for name, formatted in _FORMATTED.items() if formatted == base)
        return cls(name, *(int(size) for size in re.findall(r"\d+", sizes)))

    @classmethod
    def of_duckdb(cls, text: str) -> Self:
        """The type of a result column, from DuckDB's name of it."""
        if match := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", text):
            return cls("numeric", int(match[1]), int(match[2]))
        if text in ("HUGEINT", "UBIGINT", "UHUGEINT"):
            return cls("numeric", 38, 0)
        if text not in _FROM_DUCKDB:
            raise NotEmulated(f"a result of type {text}")
        name = _FROM_DUCKDB[text]
        return cls(name, MAX_VARCHAR if name == "varchar" else 0)

    @property
    def formatted(self) -> str:
        """As `svv_columns` and `pg_table_def` write it: `character varying(40)`."""
        base = _FORMATTED[self.name]
        if self.name == "numeric":
            return f"{base}({self.precision},{self.scale})"
        return f"{base}({self.precision})" if self.is_text else base

    @property
    def duckdb(self) -> str:
        """The type that keeps the same values in DuckDB."""
        if self.name == "numeric":
            return f"DECIMAL({self.precision},{self.scale})"
        return _TO_DUCKDB[self.name]

    @property
    def is_text(self) -> bool:
        """Whether `precision` is a length in bytes."""
        return self.name in ("varchar", "bpchar")


def _size(item: exp.Expr) -> int:
    text = item.name.upper()
    return MAX_VARCHAR if text == "MAX" else int(text)


_SIMPLE: Final = {
    "SMALLINT": "int2",
    "INT": "int4",
    "BIGINT": "int8",
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "TIME": "time",
}
_FORMATTED: Final = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "numeric": "numeric",
    "varchar": "character varying",
    "bpchar": "character",
}
_TO_DUCKDB: Final = {
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "time": "TIME",
    "varchar": "VARCHAR",
    "bpchar": "VARCHAR",
}
_FROM_DUCKDB: Final = {duckdb: name for name, duckdb in _TO_DUCKDB.items() if name != "bpchar"} | {
    "TINYINT": "int2",
    "NULL": "varchar",
    '"NULL"': "varchar",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "JSON": "varchar",
}
_NOT_EMULATED: Final = frozenset(
    {"SUPER", "VARBINARY", "GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "TIMETZ", "INTERVAL"}
)
