"""When a value breaks a check, in Spark SQL: for records and for what counts them."""

from __future__ import annotations

from collections.abc import Sequence

from dataplatform.plans.model import Column
from dataplatform.render.patterns import for_spark
from dataplatform.render.spark_formats import is_read
from dataplatform.render.spark_text import bound, literal, name, value

_LONGEST_VALUE = 80
_COMPARED = {
    "minimum": "<",
    "maximum": ">",
    "exclusive_minimum": "<=",
    "exclusive_maximum": ">=",
}
_FROM_ABOVE = ("minimum", "exclusive_maximum")


def broken_by(column: Column, kind: str, arguments: Sequence[str], held: str) -> str:
    """A condition that is true where the typed value `held` breaks a check; see `Check`.

    Of a missing value it is NULL, unless that is what breaks it.
    """
    if kind == "required":
        return f"{held} IS NULL"
    if kind in _COMPARED:
        reached = bound(column.type, arguments[0], up=kind in _FROM_ABOVE)
        return f"{held} {_COMPARED[kind]} {reached}"
    if kind in ("min_length", "max_length"):
        sign = "<" if kind == "min_length" else ">"
        return f"char_length({held}) {sign} {int(arguments[0])}"
    if kind in ("min_items", "max_items"):
        sign = "<" if kind == "min_items" else ">"
        return f"array_size({held}) {sign} {int(arguments[0])}"
    if kind == "pattern":
        return f"NOT {held} RLIKE {literal(for_spark(arguments[0]))}"
    listed = ", ".join(value(column.type, item) for item in arguments)
    return f"{held} {'NOT IN' if kind == 'one_of' else 'IN'} ({listed})"


def raw_name(column: Column) -> str:
    """The text that a column was cast from; contracts can't declare a leading underscore."""
    return f"_raw_{column.name}"


def read_name(column: Column) -> str:
    """What its text was read to, where it is written in a format."""
    return f"_read_{column.name}"


def source_name(column: Column) -> str:
    """What a single value's cast is given, of bronze."""
    return f"b.{name(read_name(column) if is_read(column.format) else column.name)}"


def written_as(column: Column) -> str:
    """How reasons name a column's format, behind its type."""
    return f" written as {column.format}" if column.format else ""


def shown(held: str) -> str:
    """A text as reasons show it: long ones are cut."""
    cut = f"concat(left({held}, {_LONGEST_VALUE}), '...')"
    return f"IF(char_length({held}) > {_LONGEST_VALUE}, {cut}, {held})"


def nested_name(column: Column) -> str:
    """What a nested column was decoded to; see `nested.decoded`."""
    return f"_nested_{column.name}"
