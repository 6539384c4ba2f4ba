"""What nested values are taken apart and put together with, in each engine's SQL."""

# ruff: noqa: D102 (the methods of both dialects are told in their protocol)

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Protocol

from dataplatform.plans.model import Check, Column
from dataplatform.render import nested_words, spark_text, typed
from dataplatform.render.spark_checks import broken_by, shown
from dataplatform.render.spark_formats import cast_as, read

Translate = Callable[[str], str]
"""Spark's expression in DuckDB's SQL."""

_HELD = "b.weir_column"


class Dialect(Protocol):
    """One engine's SQL. Arguments and answers are SQL; `name` is a name of ours that needs none of
    the engine's quotes.
    """

    def marked(self, text: str) -> str:
        """JSON text, marked as `nested_words` says; NULL where it isn't JSON."""

    def object(self, text: str, keys: Sequence[str]) -> str:
        """An object's marked text as what `field_of` takes fields from."""

    def field_of(self, taken: str, key: str) -> str:
        """One field's marked text, of a key that stands twice the first; NULL for null or none."""

    def elements(self, text: str) -> str:
        """The marked texts of an array's elements."""

    def let(self, name: str, value: str, body: str) -> str:
        """The body, in which a name stands for a value that is computed once."""

    def each(self, name: str, items: str, body: str) -> str:
        """The body of each item, which goes by a name; NULL for none."""

    def first_told(self, name: str, items: str, number: int) -> str:
        """Of items with a list `f` the first that isn't NULL at a place (from 0) of it."""

    def struct(self, fields: Mapping[str, str]) -> str:
        """A struct of these fields, in their order."""

    def part(self, struct: str, name: str) -> str:
        """A field of a struct."""

    def array(self, items: Sequence[str]) -> str:
        """A list of texts."""

    def joined(self, lists: Sequence[str]) -> str:
        """Lists as one."""

    def concat(self, *texts: str) -> str:
        """Texts as one."""

    def literal(self, text: str) -> str:
        """Text."""

    def read(self, text: str, column: Column) -> str:
        """Text in a column's format as text that its cast takes: `spark_formats.read`."""

    def cast(self, text: str, column: Column) -> str:
        """Text as a typed value, or NULL: `spark_formats.cast_as`."""

    def shown(self, text: str) -> str:
        """Text as reasons show it."""

    def broken(self, column: Column, check: Check, held: str) -> str:
        """Whether a typed value breaks a check."""


class SparkDialect:
    """Spark SQL; see `Dialect`."""

    def marked(self, text: str) -> str:
        single = spark_text.literal(nested_words.single_values(possessive=True))
        words = spark_text.literal(nested_words.words(possessive=True))
        # Spark reads no further than the first value's end: so that another value follows in one
        # array with it says that it was one value, whole.
        marked = f"""regexp_replace({text}, {single}, '"$1:$2"')"""
        listed = f"""concat('[', {marked}, ',"{nested_words.END}"]')"""
        parsed = f"from_json({listed}, 'ARRAY<STRING>')"
        whole = self.let(
            "w", parsed, f"IF(size(w) = 2 AND get(w, 1) <=> '{nested_words.END}', get(w, 0), NULL)"
        )
        return f"CASE WHEN {text} RLIKE {words} THEN {whole} END"

    def object(self, text: str, keys: Sequence[str]) -> str:
        return f"from_json({text}, 'MAP<STRING,STRING>')"

    def field_of(self, taken: str, key: str) -> str:
        return f"{taken}[{spark_text.literal(key)}]"

    def elements(self, text: str) -> str:
        return f"from_json({text}, 'ARRAY<STRING>')"

    def let(self, name: str, value: str, body: str) -> str:
        return f"get(transform(array({value}), {name} -> {body}), 0)"

    def each(self, name: str, items: str, body: str) -> str:
        return f"transform({items}, {name} -> {body})"

    def first_told(self, name: str, items: str, number: int) -> str:
        told = self.each(name, items, f"get({name}.f, {number})")
        return f"get(filter({told}, {name} -> {name} IS NOT NULL), 0)"

    def struct(self, fields: Mapping[str, str]) -> str:
        named = (f"'{name}', {sql}" for name, sql in fields.items())
        return f"named_struct({', '.join(named)})"

    def part(self, struct: str, name: str) -> str:
        return f"{struct}.{spark_text.name(name)}"

    def array(self, items: Sequence[str]) -> str:
        return f"array({', '.join(items)})"

    def joined(self, lists: Sequence[str]) -> str:
        return f"concat({', '.join(lists)})"

    def concat(self, *texts: str) -> str:
        return f"concat({', '.join(texts)})"

    def literal(self, text: str) -> str:
        return spark_text.literal(text)

    def read(self, text: str, column: Column) -> str:
        return read(text, column.type, column.format)

    def cast(self, text: str, column: Column) -> str:
        return cast_as(text, column.type, column.format, column.zone)

    def shown(self, text: str) -> str:
        return shown(text)

    def broken(self, column: Column, check: Check, held: str) -> str:
        return broken_by(column, check.kind, check.arguments, held)


class DuckdbDialect:
    """DuckDB SQL; see `Dialect`."""

    def __init__(self, translate: Translate) -> None:
        self._translate = cache(translate)

    def marked(self, text: str) -> str:
        single = typed.text(nested_words.single_values(possessive=False))
        words = typed.text(nested_words.words(possessive=False))
        marked = f"""regexp_replace({text}, {single}, '"\\1:\\2"', 'g')"""
        # Without its blanks, so that its first and last letter say what it is.
        whole = self.let("w", marked, "CASE WHEN json_valid(w) THEN CAST(json(w) AS VARCHAR) END")
        return f"CASE WHEN regexp_matches({text}, {words}) THEN {whole} END"

    def object(self, text: str, keys: Sequence[str]) -> str:
        shape = json.dumps(dict.fromkeys(keys, "VARCHAR"), ensure_ascii=False)
        return f"json_transform({text}, {typed.text(shape)})"

    def field_of(self, taken: str, key: str) -> str:
        return f"struct_extract({taken}, {typed.text(key)})"

    def elements(self, text: str) -> str:
        return f"""json_transform({text}, '["VARCHAR"]')"""

    def let(self, name: str, value: str, body: str) -> str:
        return f"list_transform([{value}], lambda {name}: {body})[1]"

    def each(self, name: str, items: str, body: str) -> str:
        return f"list_transform({items}, lambda {name}: {body})"

    def first_told(self, name: str, items: str, number: int) -> str:
        told = self.each(name, items, f"{name}.f[{number + 1}]")
        return f"list_filter({told}, lambda {name}: {name} IS NOT NULL)[1]"

    def struct(self, fields: Mapping[str, str]) -> str:
        return f"struct_pack({', '.join(f'{typed.quoted(n)} := {v}' for n, v in fields.items())})"

    def part(self, struct: str, name: str) -> str:
        return f"struct_extract({struct}, '{name}')"

    def array(self, items: Sequence[str]) -> str:
        return f"[{', '.join(items)}]"

    def joined(self, lists: Sequence[str]) -> str:
        return f"({' || '.join(lists)})"

    def concat(self, *texts: str) -> str:
        return f"({' || '.join(texts)})"

    def literal(self, text: str) -> str:
        return typed.text(text)

    def read(self, text: str, column: Column) -> str:
        return f"({self._in_duckdb(read(_HELD, column.type, column.format), text)})"

    def cast(self, text: str, column: Column) -> str:
        spark = cast_as(_HELD, column.type, column.format, column.zone)
        return f"({self._in_duckdb(spark, text)})"

    def shown(self, text: str) -> str:
        return self._in_duckdb(shown(_HELD), text)

    def broken(self, column: Column, check: Check, held: str) -> str:
        return self._in_duckdb(broken_by(column, check.kind, check.arguments, _HELD), held)

    def _in_duckdb(self, spark: str, held: str) -> str:
        return self._translate(spark).replace(_HELD, held)
