"""Spark's aggregates and window functions in DuckDB."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from dataplatform.render.spark_types import INTEGERS, decimal, digits
from dataplatform.render.translation.terms import Rule, Terms
from dataplatform.render.translation.values import quotient, unscaled, wrapped
from dataplatform.render.typed import Typed, Untranslatable, cast, only

_MORE_DIGITS = 10  # that Spark gives a sum: room for ten billion rows
_MAX_SUMMED = 28
_AVERAGE_PLACES = 4
_NUMBERED = {exp.RowNumber: "row_number", exp.Rank: "rank", exp.DenseRank: "dense_rank"}
_BY_POSITION = {exp.FirstValue: "first_value", exp.LastValue: "last_value"}
_BY_OFFSET = {exp.Lag: "lag", exp.Lead: "lead"}
_ANY = {exp.LogicalAnd: "bool_and", exp.LogicalOr: "bool_or"}
_BOUNDS = ("UNBOUNDED", "CURRENT ROW")


def _aggregated(terms: Terms, node: exp.Expr, tail: str = "") -> Typed:
    """One aggregate or window function; `tail` is its FILTER and OVER."""
    found = _AGGREGATES.get(type(node)) or _WINDOWS.get(type(node))
    if found is None or (type(node) in _WINDOWS and "OVER" not in tail):
        raise Untranslatable(node, f"{node.key.upper()}()", "an aggregate that both engines have")
    value: Typed = found(terms, node, tail)
    return value


def _count(terms: Terms, node: exp.Count, tail: str) -> Typed:
    only(node, {"this", "big_int"})
    inner = node.this
    if isinstance(inner, exp.Star):
        return Typed(f"count(*){tail}", "bigint")
    if not isinstance(inner, exp.Distinct):
        return Typed(f"count({terms.value(inner).sql}){tail}", "bigint")
    parts = [terms.value(item).sql for item in inner.expressions]
    counted = parts[0]
    if len(parts) > 1:  # a row counts where all of it is there
        there = " AND ".join(f"{part} IS NOT NULL" for part in parts)
        counted = f"CASE WHEN {there} THEN row({', '.join(parts)}) END"
    return Typed(f"count(DISTINCT {counted}){tail}", "bigint")


def _count_if(terms: Terms, node: exp.CountIf, tail: str) -> Typed:
    return Typed(f"count(CASE WHEN {terms.truth(node.this)} THEN 1 END){tail}", "bigint")


def _summed(terms: Terms, node: exp.Expr) -> tuple[str, Typed]:
    only(node, {"this"})
    inner, distinct = node.this, ""
    if isinstance(inner, exp.Distinct):
        inner, distinct = inner.expressions[0], "DISTINCT "
    return distinct, terms.value(inner)


def _sum(terms: Terms, node: exp.Sum, tail: str) -> Typed:
    distinct, value = _summed(terms, node)
    total = f"sum({distinct}{value.sql}){tail}"
    if value.type in INTEGERS:
        return wrapped(total, "bigint")
    precision, scale = _summable(node, value)
    kind = decimal(precision + _MORE_DIGITS, scale)
    return cast(Typed(total, ""), kind)


def _average(terms: Terms, node: exp.Avg, tail: str) -> Typed:
    distinct, value = _summed(terms, node)
    total, count = (f"{name}({distinct}{value.sql}){tail}" for name in ("sum", "count"))
    if value.type == "int":
        return Typed(f"(CAST({total} AS DOUBLE) / nullif({count}, 0))", "double")
    if value.type == "bigint":
        remedy = "an INT or a decimal: CAST it; Spark adds these as doubles, which rounds"
        raise Untranslatable(node, "AVG of bigint", remedy)
    precision, scale = _summable(node, value)
    return quotient(
        f"{unscaled(total)} * {10**_AVERAGE_PLACES}::HUGEINT",
        count,
        precision + _AVERAGE_PLACES,
        scale + _AVERAGE_PLACES,
    )


def _summable(node: exp.Expr, value: Typed) -> tuple[int, int]:
    parts = digits(value.type)
    written = f"{node.key.upper()} of {value.type}"
    if parts is None:
        # Doubles add up to what their order makes of them: two runs of one engine differ, too.
        raise Untranslatable(node, written, "a decimal or whole number: CAST it to DECIMAL(p, s)")
    if parts[0] > _MAX_SUMMED:
        raise Untranslatable(node, written, f"at most {_MAX_SUMMED} digits: CAST it to fewer")
    return parts


def _plain(function: str, kind: str = "") -> Any:
    def rule(terms: Terms, node: exp.Func, tail: str) -> Typed:
        only(node, {"this"})
        value = terms.of_type(node.this, kind) if kind else terms.value(node.this)
        return Typed(f"{function}({value.sql}){tail}", value.type)

    return rule


def _numbered(function: str) -> Any:
    def rule(terms: Terms, node: exp.Func, tail: str) -> Typed:
        return Typed(f"CAST({function}(){tail} AS INTEGER)", "int")

    return rule


def _offset(function: str) -> Any:
    def rule(terms: Terms, node: exp.Func, tail: str) -> Typed:
        only(node, {"this", "offset"})
        value = terms.value(node.this)
        offset = node.args.get("offset") or exp.Literal.number(1)
        if not (isinstance(offset, exp.Literal) and offset.is_int):
            raise Untranslatable(node, offset.sql("spark"), "a whole number")
        return Typed(f"{function}({value.sql}, {offset.this}){tail}", value.type)

    return rule


def _filtered(terms: Terms, node: exp.Filter) -> Typed:
    return _aggregated(terms, node.this, _filter(terms, node))


def _filter(terms: Terms, node: exp.Filter) -> str:
    return f" FILTER (WHERE {terms.truth(node.expression.this)})"


def _over(terms: Terms, node: exp.Window) -> Typed:
    only(node, {"this", "partition_by", "order", "spec", "over"})
    function, tail = node.this, ""
    if isinstance(function, exp.Filter):
        tail, function = _filter(terms, function), function.this
    parts = []
    if by := node.args.get("partition_by"):
        parts.append("PARTITION BY " + ", ".join(terms.value(item).sql for item in by))
    if order := node.args.get("order"):
        parts.append(f"ORDER BY {terms.ordering(order)}")
    if spec := node.args.get("spec"):
        parts.append(_frame(spec))
    return _aggregated(terms, function, f"{tail} OVER ({' '.join(parts)})")


def _frame(spec: exp.WindowSpec) -> str:
    only(spec, {"kind", "start", "start_side", "end", "end_side"})
    kind = spec.args["kind"]
    ends = [_bound(spec, kind, end) for end in ("start", "end") if spec.args.get(end)]
    return f"{kind} BETWEEN {ends[0]} AND {ends[1] if len(ends) > 1 else 'CURRENT ROW'}"


def _bound(spec: exp.WindowSpec, kind: str, end: str) -> str:
    value, side = spec.args[end], spec.args.get(f"{end}_side") or ""
    if isinstance(value, exp.Literal) and value.is_int and kind == "ROWS":
        return f"{value.this} {side}"
    if value in _BOUNDS:
        return f"{value} {side}".rstrip()
    raise Untranslatable(spec, spec.sql("spark"), "ROWS, or RANGE from or to the current row")


_AGGREGATES: dict[type[exp.Expr], Any] = {
    exp.Count: _count,
    exp.CountIf: _count_if,
    exp.Sum: _sum,
    exp.Avg: _average,
    exp.Min: _plain("min"),
    exp.Max: _plain("max"),
    **{kind: _plain(name, "boolean") for kind, name in _ANY.items()},
}
_WINDOWS: dict[type[exp.Expr], Any] = {
    **{kind: _numbered(name) for kind, name in _NUMBERED.items()},
    **{kind: _plain(name) for kind, name in _BY_POSITION.items()},
    **{kind: _offset(name) for kind, name in _BY_OFFSET.items()},
}
RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_AGGREGATES, _aggregated),
    **dict.fromkeys(_WINDOWS, _aggregated),
    exp.Filter: _filtered,
    exp.Window: _over,
}
