"""What is in a field's objects and arrays, where all of its values are built alike."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cli.inference import meaning
from cli.inference.model import ProposedColumn
from cli.inference.names import column_names
from cli.inference.types import with_room
from dataplatform.contracts.nesting import (
    MAX_LEVELS,
    array_of,
    element_of,
    object_of,
    part_path,
)
from dataplatform.drift.values import narrowest

_MANY_KEYS: Final = 50
"""An object with so many different keys is likelier a map than a record."""

_TEXTS: Final = 1_000
"""Different values kept of each path; a type that later ones don't fit is found when the proposal
is held against the sample."""


class _Number(str):
    """A number as it was written."""


@dataclass
class _Seen:
    """Every value of one path, taken together."""

    kinds: Counter[str] = field(default_factory=Counter)
    texts: set[str] = field(default_factory=set)
    keys: dict[str, _Seen] = field(default_factory=dict)
    element: _Seen | None = None
    nulls: int = 0

    def add(self, value: Any) -> None:
        if value is None:
            self.nulls += 1
            return
        kind = "text" if type(value) is str else type(value).__name__
        self.kinds[kind] += 1
        if isinstance(value, dict):
            for key, inner in value.items():
                self.keys.setdefault(key, _Seen()).add(inner)
        elif isinstance(value, list):
            self.element = self.element or _Seen()
            for inner in value:
                self.element.add(inner)
        elif len(self.texts) < _TEXTS:
            self.texts.add(str(value))

    @property
    def values(self) -> int:
        return sum(self.kinds.values())


def parts_of(texts: Iterable[str]) -> ProposedColumn | None:
    """A nested column without name that takes all of these texts.

    None where they aren't all JSON of objects, or all of arrays, with one type at each path.
    """
    seen = _Seen()
    for text in texts:
        try:
            value = json.loads(text, parse_float=_Number, parse_int=_Number)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict | list):
            return None
        seen.add(value)
    return _column("", "", seen, whole=0, level=0) if seen.values else None


def as_text(column: ProposedColumn, path: str, why: str) -> ProposedColumn:
    """The column, of which what is at a path (`address.zip`, `lines[].qty`) is text."""
    return _changed(column, column.name, path, why)


def _column(name: str, key: str, seen: _Seen, *, whole: int, level: int) -> ProposedColumn | None:
    """A part; None where it isn't uniform, or goes too deep.

    Args:
        whole: how many objects it could have been in.
    """
    kinds = set(seen.kinds)
    required = bool(whole) and seen.values == whole
    if kinds == {"dict"}:
        if level >= MAX_LEVELS or not 0 < len(seen.keys) <= _MANY_KEYS:
            return None
        if len({inner.lower() for inner in seen.keys}) < len(seen.keys):
            return None
        found = [
            _column(called, inner, below, whole=seen.kinds["dict"], level=level + 1)
            for called, (inner, below) in zip(
                column_names(list(seen.keys)), seen.keys.items(), strict=True
            )
        ]
        parts = tuple(part for part in found if part is not None)
        if len(parts) < len(found):
            return None
        kind = object_of((part.name, part.type) for part in parts)
        return ProposedColumn(name=name, field=key, type=kind, required=required, parts=parts)
    if kinds == {"list"}:
        below = seen.element or _Seen()
        element = _column("", "", below, whole=0, level=level + 1) if level < MAX_LEVELS else None
        if element is None:
            return None
        kind = array_of(element.type)
        return ProposedColumn(name=name, field=key, type=kind, required=required, parts=(element,))
    if kinds & {"dict", "list"}:
        return None
    kind = _single(name, kinds, seen.texts)
    pii = kind in ("string", "date") and bool(meaning.personal(name, {}))
    return ProposedColumn(name=name, field=key, type=kind, required=required, pii=pii)


def _single(name: str, kinds: set[str], texts: set[str]) -> str:
    if kinds == {"bool"}:
        return "boolean"
    if kinds == {_Number.__name__} and not meaning.code(name):
        return with_room(narrowest(texts), name)
    kind = narrowest(texts) if kinds == {"text"} else "string"
    return kind if kind in ("date", "timestamp") else "string"


def _changed(column: ProposedColumn, at: str, path: str, why: str) -> ProposedColumn:
    if at == path:
        return replace(column, type="string", format="", parts=(), hints=((why, ""),))
    parts = tuple(
        _changed(part, part_path(at, column.type, part.name), path, why) for part in column.parts
    )
    if not parts:
        return column
    array = bool(element_of(column.type))
    kind = array_of(parts[0].type) if array else object_of((p.name, p.type) for p in parts)
    return replace(column, type=kind, parts=parts)
