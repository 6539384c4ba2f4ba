"""A number of a record's key, the same from both engines: by it a backfill is cut into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dataplatform.contracts.types import decimal_parts
from dataplatform.plans.model import Column
from dataplatform.render.spark_text import name
from dataplatform.render.typed import quoted

_DIGITS: Final = 15
"""Of hexadecimal: a number below 2^60, which has a place in a bigint of either engine."""

_SPARK: Final = {
    "date": "unix_date({})",
    "timestamp": "unix_micros({})",
}
_DUCKDB: Final = {
    "date": "date_diff('day', DATE '1970-01-01', {})",
    "timestamp": "epoch_us({})",
}
_ALIKE: Final = ("string", "int", "bigint", "boolean")
"""What both engines write alike as text."""

_SYSTEM: Final = {"_checksum": "string", "_position": "bigint"}


def spark_part(columns: Sequence[Column], key: Sequence[str]) -> str:
    """The expression in Spark SQL; see `SilverSql.part`."""
    texts = [
        f"CAST({_SPARK.get(k, '{}').format(name(c))} AS STRING)" for c, k in _told(columns, key)
    ]
    return f"CAST(conv(left(md5({_joined('char(31)', texts)}), {_DIGITS}), 16, 10) AS BIGINT)"


def duckdb_part(columns: Sequence[Column], key: Sequence[str]) -> str:
    """The expression in DuckDB's SQL; see `SilverSql.part`."""
    texts = [
        f"CAST({_DUCKDB.get(k, '{}').format(quoted(c))} AS VARCHAR)" for c, k in _told(columns, key)
    ]
    return f"CAST('0x' || left(md5({_joined('chr(31)', texts)}), {_DIGITS}) AS BIGINT)"


def _told(columns: Sequence[Column], key: Sequence[str]) -> list[tuple[str, str]]:
    """The key's columns that both engines write alike, and their types.

    Doubles and decimals with a scale are left out: the number is still a function of the key, and
    the chunks are as many, if less alike in size.
    """
    kinds = {**_SYSTEM, **{column.name: column.type for column in columns}}
    return [(column, kinds[column]) for column in key if _alike(kinds[column])]


def _alike(kind: str) -> bool:
    parts = decimal_parts(kind)
    return kind in (*_ALIKE, *_SPARK) or (parts is not None and parts[1] == 0)


def _joined(separator: str, texts: Sequence[str]) -> str:
    return f"concat_ws({', '.join([separator, *texts])})" if texts else "''"
