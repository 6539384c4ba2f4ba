"""What is in objects and arrays of a sample that their contract doesn't know."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, Self

from dataplatform.contracts.nesting import part_path


class Nested(Protocol):
    """A column, of a plan or of a contract, with what is in it."""

    @property
    def name(self) -> str:
        """Its name; an array's element has none."""
        ...

    @property
    def type(self) -> str:
        """Its type, as in `plans.model.Column`."""
        ...

    @property
    def field(self) -> str:
        """What its source calls it; "" where that is its name."""
        ...

    @property
    def parts(self) -> tuple[Self, ...]:
        """An object's properties, an array's element."""
        ...


def known_fields(columns: Iterable[Nested]) -> Iterator[str]:
    """Paths of what is in columns, each with its last name as the source has it."""
    for column in columns:
        yield from _known(column, column.name)


def unknown_fields(column: Nested, texts: Iterable[str]) -> dict[str, list[Any]]:
    """Path -> the values seen there, of each field that the contract lacks, numbers as text.

    Null, nested texts that can't be read, and fields without a name are passed over.
    """
    found: dict[str, list[Any]] = {}
    for text in texts:
        _gather(column, column.name, _value(text), found)
    return found


def fits_nested(text: str, kind: str) -> bool:
    """Whether a text is JSON of an object, or of an array, as its type asks for."""
    return isinstance(_value(text), list if kind.startswith("array") else dict)


def _known(column: Nested, path: str) -> Iterator[str]:
    for part in column.parts:
        yield part_path(path, column.type, part.field or part.name)
        yield from _known(part, part_path(path, column.type, part.name))


def text_of(value: Any) -> str:
    """A value of a field as text: an object's or an array's JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _gather(column: Nested, path: str, value: Any, found: dict[str, list[Any]]) -> None:
    if isinstance(value, list) and column.type.startswith("array"):
        for item in value:
            _gather(column.parts[0], part_path(path, column.type, ""), item, found)
    if not (isinstance(value, dict) and column.type.startswith("struct")):
        return
    parts = {part.field or part.name: part for part in column.parts}
    for key, inner in value.items():
        below = part_path(path, column.type, key)
        if part := parts.get(key):
            _gather(part, part_path(path, column.type, part.name), inner, found)
        elif inner is not None and key:
            found.setdefault(below, []).append(inner)


def _value(text: str) -> Any:
    """Numbers stay as they were written; None of what can't be read."""
    try:
        return json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
