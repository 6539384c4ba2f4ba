"""Spark's functions of text in DuckDB."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from dataplatform.contracts.patterns import fault
from dataplatform.render.patterns import for_duckdb, for_spark
from dataplatform.render.translation import letters
from dataplatform.render.translation.terms import Rule, Terms
from dataplatform.render.typed import Typed, Untranslatable, only, text

_TRIMS = {"": "trim", "BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}


def _joined(terms: Terms, node: exp.Concat | exp.DPipe) -> Typed:
    parts = node.expressions or [node.this, node.expression]
    # `||` gives NULL where one part is, as Spark's concat does; DuckDB's concat passes over it.
    # The cast keeps the type where DuckDB sees that it's always NULL.
    joined = " || ".join(terms.of_type(part, "string").sql for part in parts)
    return Typed(f"CAST(({joined}) AS VARCHAR)", "string")


def _joined_by(terms: Terms, node: exp.ConcatWs) -> Typed:
    parts = [terms.of_type(part, "string").sql for part in node.expressions]
    return Typed(f"concat_ws({', '.join(parts)})", "string")


def _trimmed(terms: Terms, node: exp.Trim) -> Typed:
    only(node, {"this", "position"})
    function = _TRIMS[str(node.args.get("position") or "").upper()]
    # Blanks alone; DuckDB's own default takes every space that Unicode knows.
    return Typed(f"{function}({terms.of_type(node.this, 'string').sql}, ' ')", "string")


def _length(terms: Terms, node: exp.Length) -> Typed:
    only(node, {"this"})
    return Typed(f"CAST(length({terms.of_type(node.this, 'string').sql}) AS INTEGER)", "int")


def _end(function: str) -> Rule:
    def rule(terms: Terms, node: exp.Left | exp.Right) -> Typed:
        count = _number(node.expression, 0)
        return Typed(f"{function}({terms.of_type(node.this, 'string').sql}, {count})", "string")

    return rule


def _part(terms: Terms, node: exp.Substring) -> Typed:
    only(node, {"this", "start", "length"})
    places = [_number(node.args["start"], 1)]
    if (length := node.args.get("length")) is not None:
        places.append(_number(length, 0))
    listed = ", ".join(map(str, places))
    return Typed(f"substring({terms.of_type(node.this, 'string').sql}, {listed})", "string")


def _replaced(terms: Terms, node: exp.Replace) -> Typed:
    only(node, {"this", "expression", "replacement"})
    old = _written(node.expression)
    new = _written(node.args["replacement"]) if node.args.get("replacement") else ""
    if not old:
        raise Untranslatable(node, "REPLACE of nothing", "the text to replace")
    subject = terms.of_type(node.this, "string").sql
    return Typed(f"replace({subject}, {text(old)}, {text(new)})", "string")


def _like(terms: Terms, node: exp.Like) -> Typed:
    only(node, {"this", "expression", "negate"})
    pattern = _written(node.expression)
    if "\\" in pattern:
        raise Untranslatable(node, "LIKE with a backslash", "letters, % and _; or RLIKE")
    sign = "NOT LIKE" if node.args.get("negate") else "LIKE"
    subject = terms.of_type(node.this, "string").sql
    return Typed(f"({subject} {sign} {text(pattern)})", "boolean")


def _matched(terms: Terms, node: exp.RegexpLike) -> Typed:
    only(node, {"this", "expression", "negate"})
    pattern = _written(node.expression)
    if wrong := fault(pattern):
        found = f"{pattern!r}, which has {wrong}"
        raise Untranslatable(node, found, "a pattern that Java and RE2 read alike")
    subject = terms.of_type(node.this, "string").sql
    found = f"regexp_matches({subject}, {text(for_duckdb(for_spark(pattern)))})"
    return Typed(f"(NOT {found})" if node.args.get("negate") else found, "boolean")


def _number(node: exp.Expr, least: int) -> int:
    if isinstance(node, exp.Literal) and node.is_int and int(node.this) >= least:
        return int(node.this)
    raise Untranslatable(node, node.sql("spark"), f"a number of {least} or more")


def _written(node: exp.Expr) -> str:
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    raise Untranslatable(node, node.sql("spark"), "text written in the SQL")


def _cased(function: Callable[[str], str]) -> Rule:
    def rule(terms: Terms, node: exp.Upper | exp.Lower) -> Typed:
        return Typed(function(terms.of_type(node.this, "string").sql), "string")

    return rule


RULES: dict[type[exp.Expr], Rule] = {
    exp.Upper: _cased(letters.upper),
    exp.Lower: _cased(letters.lower),
    exp.Concat: _joined,
    exp.DPipe: _joined,
    exp.ConcatWs: _joined_by,
    exp.Trim: _trimmed,
    exp.Length: _length,
    exp.Left: _end("left"),
    exp.Right: _end("right"),
    exp.Substring: _part,
    exp.Replace: _replaced,
    exp.Like: _like,
    exp.RegexpLike: _matched,
}
