"""Engine-neutral column types as Iceberg's, and which change of a type keeps old files readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Final

from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    PrimitiveType,
    StringType,
    StructType,
    TimestamptzType,
)

from dataplatform.contracts.nesting import array_of, element_of, fields_of, object_of

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


def iceberg_type(column_type: str, numbers: Iterator[int] | None = None) -> IcebergType:
    """The Iceberg type of a `Column.type`; ValueError for one that plans don't have.

    What is in it may be missing: that it isn't is checked on the way to silver.

    Args:
        numbers: ids of the fields in a nested type; whoever adds them to a table gives others.
    """
    if plain := _PLAIN.get(column_type):
        return plain
    if match := _DECIMAL.fullmatch(column_type):
        return DecimalType(int(match[1]), int(match[2]))
    numbers = numbers or count(1)
    if fields := fields_of(column_type):
        ids = [next(numbers) for _ in fields]
        return StructType(
            *(
                NestedField(number, name, iceberg_type(kind, numbers), required=False)
                for number, (name, kind) in zip(ids, fields, strict=True)
            )
        )
    if element := element_of(column_type):
        number = next(numbers)
        return ListType(number, iceberg_type(element, numbers), element_required=False)
    raise ValueError(f"{column_type!r} is no column type")


def column_type(kind: IcebergType) -> str:
    """The `Column.type` of an Iceberg type; Iceberg's own name for one that plans don't have."""
    if isinstance(kind, StructType):
        return object_of((field.name, column_type(field.field_type)) for field in kind.fields)
    if isinstance(kind, ListType):
        return array_of(column_type(kind.element_type))
    if isinstance(kind, DecimalType):
        return f"decimal({kind.precision},{kind.scale})"
    return next((name for name, plain in _PLAIN.items() if plain == kind), str(kind))
