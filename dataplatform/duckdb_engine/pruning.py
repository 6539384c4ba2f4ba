"""Which of a table's files can hold a batch's keys: bounds are asked, nothing is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    LessThanOrEqual,
    Reference,
)
from pyiceberg.manifest import DataFile
from pyiceberg.types import (
    DateType,
    DecimalType,
    IntegerType,
    LongType,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.sql import quoted
from dataplatform.duckdb_engine.tables import LakeTable

_BOUNDED: Final = (IntegerType, LongType, StringType, DecimalType, DateType, TimestamptzType)
_COMPARED: Final = (IntegerType, LongType, StringType, DecimalType)
"""Types whose bounds DuckDB takes as they stand in the manifest."""


def candidates(engine: Engine, table: LakeTable, keys: str, key: Sequence[str]) -> list[DataFile]:
    """Published files in which a key of the batch may stand.

    First by the batch's least and greatest key, which spares manifests too, then file by file:
    between the two lie files of which the batch has no key.

    Args:
        keys: DuckDB relation of the batch's keys.
        key: its columns; which files hold them is also told by a partition that is one of them.
    """
    bounded = [c for c in key if isinstance(table.type_of(c), _BOUNDED)]
    least = ", ".join(f"min({quoted(c)}), max({quoted(c)})" for c in bounded)
    ((*ends,),) = engine.rows(f"SELECT {least or 'NULL'} FROM {keys}")
    within: BooleanExpression = AlwaysTrue()
    for place, column in enumerate(bounded):
        low, high = ends[2 * place : 2 * place + 2]
        if low is None:
            return []
        term = Reference(column)
        within = And(within, GreaterThanOrEqual(term, low), LessThanOrEqual(term, high))  # type: ignore[call-arg]
    files = table.files(within)
    return files if len(files) < 2 else [f for f in files if _may_hold(engine, table, keys, key, f)]


def _may_hold(
    engine: Engine, table: LakeTable, keys: str, key: Sequence[str], file: DataFile
) -> bool:
    conditions: list[str] = []
    values: list[Any] = []
    for column in key:
        kind = table.type_of(column)
        number = table.field_id(column)
        lower, upper = file.lower_bounds.get(number), file.upper_bounds.get(number)
        if isinstance(kind, _COMPARED) and lower is not None and upper is not None:
            conditions.append(f"{quoted(column)} BETWEEN ? AND ?")
            values += [_bound(kind, lower), _bound(kind, upper)]
    if not conditions:
        return True
    asked = f"SELECT count(*) FROM (SELECT 1 FROM {keys} WHERE {' AND '.join(conditions)} LIMIT 1)"
    return bool(engine.rows(asked, values)[0][0])


def _bound(kind: PrimitiveType, value: bytes) -> Any:
    if isinstance(kind, LongType) and len(value) == 4:  # written as an int
        return from_bytes(IntegerType(), value)
    return from_bytes(kind, value)
