"""Both engines side by side: the same Parquet files in, rows out that can be compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, settings
from pyspark.sql import SparkSession

from dataplatform.contracts.nesting import element_of, fields_of
from dataplatform.contracts.types import decimal_parts
from dataplatform.plans.model import Column

Row = tuple[Any, ...]

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
}
_TYPES = {
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}


def arrow_type(kind: str) -> pa.DataType:
    """Arrow's type of a column."""
    if fields := fields_of(kind):
        return pa.struct([(name, arrow_type(inner)) for name, inner in fields])
    if element := element_of(kind):
        return pa.list_(arrow_type(element))
    parts = decimal_parts(kind)
    return pa.decimal128(*parts) if parts else _TYPES[kind]


def table(columns: Sequence[Column], rows: Sequence[Row]) -> pa.Table:
    """Rows of these columns."""
    arrays = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pa.table(
        {
            column.name: pa.array(values, arrow_type(column.type))
            for column, values in zip(columns, arrays, strict=True)
        }
    )


class Engines:
    """Spark and DuckDB over tables of the same names."""

    def __init__(self, spark: SparkSession, connection: duckdb.DuckDBPyConnection, room: Path):
        self.spark = spark
        self.connection = connection
        self._room = room
        self._files = 0

    def put(self, name: str, rows: pa.Table) -> None:
        """Make a table known to both."""
        path = self._path()
        pq.write_table(rows, path)
        self.spark.read.parquet(str(path)).createOrReplaceTempView(name)
        view = f"CREATE OR REPLACE VIEW \"{name}\" AS FROM read_parquet('{path}')"
        self.connection.execute(view)

    def in_spark(self, sql: str, keep: str = "") -> pa.Table:
        """Rows that Spark gives; kept as a view for what reads them next."""
        path = self._path()
        self.spark.sql(sql).coalesce(1).write.parquet(str(path))
        if keep:
            self.spark.read.parquet(str(path)).createOrReplaceTempView(keep)
        return pq.read_table(path)

    def in_duckdb(self, sql: str, keep: str = "") -> pa.Table:
        """Rows that DuckDB gives; kept as a table for what reads them next."""
        if not keep:
            return self.connection.execute(sql).to_arrow_table()
        self.connection.execute(f'CREATE OR REPLACE TABLE "{keep}" AS {sql}')
        return self.connection.table(keep).to_arrow_table()

    def _path(self) -> Path:
        self._files += 1
        return self._room / f"{self._files}.parquet"


def examples(number: int) -> settings:
    """So many examples, the same each time: many rows in each, as a query of Spark's costs far more
    than a row.
    """
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def engines(spark: SparkSession, room: Path) -> Iterator[Engines]:
    """Both in UTC, as the platform sets them up; Spark's other settings come back afterwards."""
    before = {name: str(spark.conf.get(name)) for name in _SETTINGS}
    for name, value in _SETTINGS.items():
        spark.conf.set(name, value)
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield Engines(spark, connection, room)
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


def rows(found: pa.Table, names: Sequence[str], *, signed: bool = False) -> list[Row]:
    """Values that compare as they should: moments in microseconds, NaN like itself.

    Args:
        signed: tell -0.0 from 0.0.
    """
    values = [_values(found[name]) for name in names]
    if signed:
        values = [["-0.0" if _is_minus_zero(value) else value for value in of] for of in values]
    return list(zip(*values, strict=True))


def differences(
    ours: Sequence[Row], theirs: Sequence[Row], names: Sequence[str], limit: int = 5
) -> list[str]:
    """Where rows differ, in words; the first few of each column."""
    told: dict[str, list[str]] = {}
    if len(ours) != len(theirs):
        told["rows"] = [f"{len(ours)} rows and {len(theirs)}"]
    for left, right in zip(ours, theirs, strict=False):
        for name, a, b in zip(names, left, right, strict=True):
            if a != b:
                told.setdefault(name, []).append(f"{name}: {a!r} and {b!r} in {left[0]!r}")
    return [line for lines in told.values() for line in lines[:limit]]


def _is_minus_zero(value: Any) -> bool:
    return isinstance(value, float) and value == 0 and math.copysign(1, value) < 0


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = pc.cast(pc.cast(column, pa.timestamp("us", "UTC")), pa.int64())
    elif pa.types.is_date(column.type) or pa.types.is_nested(column.type):
        column = pc.cast(column, _counted(column.type))
    return [_comparable(value) for value in column.to_pylist()]


def _counted(kind: pa.DataType) -> pa.DataType:
    """A type with moments and days as numbers, of which Python knows fewer than there are."""
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _counted(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_counted(kind.value_type))
    if pa.types.is_timestamp(kind):
        return pa.int64()
    return pa.int32() if pa.types.is_date(kind) else kind


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _comparable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, Decimal):
        return str(value)  # with its scale
    return value
