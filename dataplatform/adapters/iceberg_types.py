"""Engine-neutral column types as Iceberg's, and which change of a type keeps old files readable."""

from __future__ import annotations

import re
from typing import Final

from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

_PLAIN: Final[dict[str, PrimitiveType]] = {
    "boolean": BooleanType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "double": DoubleType(),
    "string": StringType(),
    "date": DateType(),
    "timestamp": TimestamptzType(),
}
_DECIMAL: Final = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def iceberg_type(column_type: str) -> PrimitiveType:
    """The Iceberg type of a `Column.type`; ValueError for one that plans don't have."""
    if plain := _PLAIN.get(column_type):
        return plain
    if match := _DECIMAL.fullmatch(column_type):
        return DecimalType(int(match[1]), int(match[2]))
    raise ValueError(f"{column_type!r} is no column type")


def widens(old: object, new: PrimitiveType) -> bool:
    """Whether Iceberg reads files of `old` as `new`: int to bigint, decimal to more digits."""
    if isinstance(old, IntegerType):
        return isinstance(new, LongType)
    if isinstance(old, DecimalType) and isinstance(new, DecimalType):
        return old.scale == new.scale and old.precision < new.precision
    return False
