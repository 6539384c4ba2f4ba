"""Objects and arrays: from JSON text to structs and lists, with every fault of what is in them.

A single value within goes through the same cast and checks as a column's. Each value is decoded to
a struct: `v`, the typed value, and `f`, a list with a place for each thing that may be wrong with
it, which holds the reason or NULL. So one pass gives both, however deep it goes; of an array's
elements the first reason of a kind is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from dataplatform.contracts.nesting import element_of, kind_in_words, part_path
from dataplatform.plans.model import Check, Column
from dataplatform.render import nested_words
from dataplatform.render.nested_dialects import Dialect
from dataplatform.render.spark_checks import written_as
from dataplatform.render.spark_formats import is_read

_OPEN = ("", "public", "internal")


def decoded(column: Column, checks: Sequence[Check], text: str, dialect: Dialect) -> str:
    """The struct of a nested column whose JSON text is `text`.

    What is wrong with the column as a whole has no place in `f`: it is checked like any column.
    """
    return _Decoder(column, checks, dialect).top(text)


def places(column: Column, checks: Sequence[Check]) -> int:
    """How many places `f` of a column has."""
    return _places(column, column.name, _by_path(checks), top=True)


class _Decoder:
    def __init__(self, column: Column, checks: Sequence[Check], dialect: Dialect) -> None:
        self._column = column
        self._checks = _by_path(checks)
        self._sql = dialect
        self._numbers = count()
        self._secret = column.classification not in _OPEN

    def top(self, text: str) -> str:
        name = self._name("t")
        body = self._nested(self._column, self._column.name, name, "", top=True)
        return self._sql.let(name, self._sql.marked(text), body)

    def _decode(self, part: Column, path: str, text: str, within: str) -> str:
        """A value's struct.

        Args:
            text: its marked text; cheap, as it is used more than once.
            within: whether what it is part of is there; "" for always.
        """
        if part.parts:
            return self._nested(part, path, text, within)
        sql, raw, held = self._sql, self._name("r"), self._name("v")
        if part.type == "string":
            held = raw
        told = self._own(part, path, text, within, missing=f"{held} IS NULL", raw=raw)
        for check in self._rules(path):
            told.append(_when(sql.broken(part, check, held), self._said(check.reason, raw)))
        found = sql.struct({"v": held, "f": sql.array(told)})
        if held != raw:
            found = sql.let(held, self._cast(part, raw), found)
        return sql.let(raw, self._unmarked(text), found)

    def _cast(self, part: Column, raw: str) -> str:
        sql = self._sql
        if not is_read(part.format):
            return sql.cast(raw, part)
        name = self._name("p")
        return sql.let(name, sql.read(raw, part), sql.cast(name, part))

    def _nested(self, part: Column, path: str, text: str, within: str, *, top: bool = False) -> str:
        return (self._array if element_of(part.type) else self._object)(
            part, path, text, within, top
        )

    def _object(self, part: Column, path: str, text: str, within: str, top: bool) -> str:
        sql, taken, inner = self._sql, self._name("m"), self._name("c")
        keys = [nested_words.key(child.field or child.name) for child in part.parts]
        own = [] if top else self._own(part, path, text, within, missing=f"{taken} IS NULL")
        there = f"{taken} IS NOT NULL"
        children = {
            child.name: self._decode(
                child, part_path(path, part.type, child.name), sql.field_of(taken, key), there
            )
            for child, key in zip(part.parts, keys, strict=True)
        }
        values = {name: sql.part(sql.part(inner, name), "v") for name in children}
        lists = [sql.part(sql.part(inner, name), "f") for name in children]
        found = sql.struct(
            {
                "v": f"CASE WHEN {there} THEN {sql.struct(values)} END",
                "f": sql.joined([sql.array(own), *lists] if own else lists),
            }
        )
        shape = f"left({text}, 1) = '{{' AND right({text}, 1) = '}}'"
        value = f"CASE WHEN {shape} THEN {sql.object(text, keys)} END"
        return sql.let(taken, value, sql.let(inner, sql.struct(children), found))

    def _array(self, part: Column, path: str, text: str, within: str, top: bool) -> str:
        sql, taken, inner = self._sql, self._name("e"), self._name("d")
        item, (element,) = self._name("x"), part.parts
        own = [] if top else self._own(part, path, text, within, missing=f"{taken} IS NULL")
        for check in [] if top else self._rules(path):
            own.append(_when(sql.broken(part, check, taken), sql.literal(check.reason)))
        below = part_path(path, part.type, "")
        elements = sql.each(item, taken, self._decode(element, below, item, ""))
        number = _places(element, below, self._checks)
        firsts = [sql.first_told(item, inner, place) for place in range(number)]
        found = sql.struct(
            {"v": sql.each(item, inner, sql.part(item, "v")), "f": sql.array([*own, *firsts])}
        )
        shape = f"left({text}, 1) = '[' AND right({text}, 1) = ']'"
        value = f"CASE WHEN {shape} THEN {sql.elements(text)} END"
        return sql.let(taken, value, sql.let(inner, elements, found))

    def _own(
        self, part: Column, path: str, text: str, within: str, *, missing: str, raw: str = ""
    ) -> list[str]:
        """What may be wrong with any value: it can't be taken, or isn't there."""
        malformed = f"{text} IS NOT NULL AND {missing}"
        told = [_when(malformed, self._not_it(part, path, text, raw))]
        for check in self._checks.get(path, ()):
            if check.kind == "required":
                lacks = f"{within} AND {text} IS NULL" if within else f"{text} IS NULL"
                told.append(_when(lacks, self._sql.literal(check.reason)))
        return told

    def _not_it(self, part: Column, path: str, text: str, raw: str) -> str:
        sql, said = self._sql, f"malformed {path}"
        kind = kind_in_words(part.type) + written_as(part)
        if self._secret:
            return sql.literal(f"{said}: not {kind}")
        single = raw or self._unmarked(text)
        value = sql.concat(
            sql.literal(f"{said}: '"), sql.shown(single), sql.literal(f"' is not {kind}")
        )
        object_, array = (
            sql.literal(f"{said}: {found} is not {kind}") for found in ("an object", "an array")
        )
        return (
            f"CASE WHEN {single} IS NOT NULL THEN {value} "
            f"WHEN left({text}, 1) = '{{' THEN {object_} ELSE {array} END"
        )

    def _rules(self, path: str) -> list[Check]:
        return [check for check in self._checks.get(path, ()) if check.kind != "required"]

    def _said(self, reason: str, raw: str) -> str:
        if self._secret:
            return self._sql.literal(reason)
        opening = self._sql.literal(f"{reason}: '")
        return self._sql.concat(opening, self._sql.shown(raw), self._sql.literal("'"))

    @staticmethod
    def _unmarked(text: str) -> str:
        """A single value's text; NULL for an object or array."""
        return (
            f"CASE WHEN right({text}, 1) = ':' THEN left({text}, length({text}) - 1) "
            f"WHEN left({text}, 1) = ':' THEN substring({text}, 2) END"
        )

    def _name(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"


def _places(part: Column, path: str, checks: dict[str, list[Check]], *, top: bool = False) -> int:
    own = 0 if top else 1 + len(checks.get(path, ()))
    return own + sum(
        _places(child, part_path(path, part.type, child.name), checks) for child in part.parts
    )


def _by_path(checks: Sequence[Check]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.column, []).append(check)
    return found


def _when(condition: str, reason: str) -> str:
    return f"CASE WHEN {condition} THEN {reason} END"
