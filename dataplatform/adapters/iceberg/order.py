"""The fields of a table in the order of its definition, those of objects too.

COPY takes columns by place. So do engines the fields of an object: Spark refuses to compare two
objects whose fields stand in another order, or takes one for another where their types are alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, ListType, StructType

from dataplatform.contracts.nesting import element_of, fields_of
from dataplatform.plans.model import Column

Place = tuple[str, ...]
"""A field's name, after those of the fields that it is in, as PyIceberg takes them."""
Move = tuple[Place, Place]
"""A field, and the one that it is put behind."""


def moves_to_order(schema: Schema, columns: Sequence[Column]) -> list[Move]:
    """What puts each field behind the one before it in the definition.

    Args:
        schema: has every column. What it has besides, at any level, goes first.
    """
    present = [field.name for field in schema.fields]
    moves = list(_among((), present, [column.name for column in columns]))
    for column in columns:
        kind = schema.find_field(column.name).field_type
        moves += _within((column.name,), kind, column.type)
    return moves


def _within(place: Place, standing: IcebergType, kind: str) -> Iterator[Move]:
    """Args: standing: the type that the table has; kind: that of the definition."""
    if isinstance(standing, ListType):
        yield from _within((*place, "element"), standing.element_type, element_of(kind))
    elif isinstance(standing, StructType):
        known = {field.name: field.field_type for field in standing.fields}
        wanted = [(name, inner) for name, inner in fields_of(kind) if name in known]
        yield from _among(place, list(known), [name for name, _ in wanted])
        for name, inner in wanted:
            yield from _within((*place, name), known[name], inner)


def _among(place: Place, present: Sequence[str], wanted: Sequence[str]) -> Iterator[Move]:
    """The first is put in place by moving the others behind it, one after the other."""
    if [name for name in present if name in wanted] != list(wanted):
        for before, name in pairwise(wanted):
            yield (*place, name), (*place, before)
