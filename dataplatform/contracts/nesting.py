"""Nested types as text: `struct<city:string,lines:array<struct<sku:string,qty:int>>>`.

It is how Spark and the Glue catalogue write them; names are lower case, so nothing is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MAX_LEVELS: Final = 8
"""Objects and arrays within each other: more are a document, which stays JSON text."""

_OBJECT, _ARRAY = "struct<", "array<"


def object_of(fields: Iterable[tuple[str, str]]) -> str:
    """The type of an object with these fields: name and type of each."""
    return f"{_OBJECT}{','.join(f'{name}:{kind}' for name, kind in fields)}>"


def array_of(element: str) -> str:
    """The type of an array."""
    return f"{_ARRAY}{element}>"


def fields_of(kind: str) -> tuple[tuple[str, str], ...]:
    """Name and type of each field of an object's type; empty for another type."""
    if not kind.startswith(_OBJECT):
        return ()
    parts = (part.partition(":") for part in _split(kind[len(_OBJECT) : -1]))
    return tuple((name, inner) for name, _, inner in parts)


def element_of(kind: str) -> str:
    """The type of an array's elements; "" for another type."""
    return kind[len(_ARRAY) : -1] if kind.startswith(_ARRAY) else ""


def is_nested(kind: str) -> bool:
    """Whether a type is an object's or an array's."""
    return kind.startswith((_OBJECT, _ARRAY))


def kind_in_words(kind: str) -> str:
    """A type as reasons and errors say it: an object's own would fill the line."""
    if kind.startswith(_OBJECT):
        return "an object"
    return "an array" if kind.startswith(_ARRAY) else kind


def part_path(path: str, kind: str, name: str) -> str:
    """What a part of a value is called in reasons: `address.zip`, `lines[].qty`, `tags[]`.

    Args:
        path, kind: of the value that it is part of.
        name: of the part; an array's elements have none.
    """
    return f"{path}[]" if kind.startswith(_ARRAY) else f"{path}.{name}"


def _split(text: str) -> list[str]:
    """By the commas that are in no brackets."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
