"""Spark's arithmetic in DuckDB: whole numbers wrap, x / 0 is NULL, decimals round half up."""

from __future__ import annotations

from sqlglot import exp

from dataplatform.render.spark_types import (
    INTEGERS,
    MAX_PRECISION,
    added,
    decimal,
    digits,
    divided,
    is_number,
    multiplied,
)
from dataplatform.render.translation.terms import Rule, Terms
from dataplatform.render.translation.values import (
    WIDER,
    as_double,
    quotient,
    saturated,
    unscaled,
    wrapped,
)
from dataplatform.render.typed import NULL, Typed, Untranslatable, cast, only, type_name

_WIDE = 19  # digits from which DuckDB computes with 128 bits
_SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}


def _operands(terms: Terms, node: exp.Binary) -> tuple[Typed, Typed]:
    left, right = terms.value(node.this), terms.value(node.expression)
    for value, other in ((left, right), (right, left)):
        if not is_number(value.type) and value.type != NULL:
            found = f"{left.type} {node.key.upper()} {right.type}"
            raise Untranslatable(node, found, "numbers: CAST them")
        if value.type == NULL and other.type == NULL:
            raise Untranslatable(node, "NULL on both sides", "a value")
    if left.type == NULL:
        left = cast(left, right.type)
    if right.type == NULL:
        right = cast(right, left.type)
    return left, right


def _decimals(left: Typed, right: Typed) -> list[tuple[str, tuple[int, int]]]:
    """Both as decimals; a whole number written in the SQL as the narrowest that holds it."""
    found = []
    for value, other in ((left, right), (right, left)):
        parts = digits(value.type) or (0, 0)
        if value.digits and value.type in INTEGERS and other.type not in INTEGERS:
            parts = (value.digits, 0)
        found.append((cast(value, decimal(*parts)).sql, parts))
    return found


def _arithmetic(terms: Terms, node: exp.Binary) -> Typed:
    left, right = _operands(terms, node)
    sign = _SIGNS[type(node)]
    if "double" in (left.type, right.type):
        a, b = (as_double(value).sql for value in (left, right))
        return Typed(f"({a} {sign} {b})", "double")
    if left.type in INTEGERS and right.type in INTEGERS:
        kind = "bigint" if "bigint" in (left.type, right.type) else "int"
        wide = WIDER[kind]
        return wrapped(f"CAST({left.sql} AS {wide}) {sign} CAST({right.sql} AS {wide})", kind)
    (a, first), (b, second) = _decimals(left, right)
    precision, scale = (multiplied if sign == "*" else added)(first, second)
    if precision > MAX_PRECISION:
        found = f"{left.type} {sign} {right.type}, which needs {precision} digits"
        raise Untranslatable(node, found, "at most 38 digits: CAST one side to fewer")
    kind = decimal(precision, scale)
    # DuckDB keeps two narrow operands' result narrow, and fails where it has more than 18 digits.
    if sign != "*":
        a, b = (f"CAST({operand} AS {type_name(kind)})" for operand in (a, b))
    elif first[0] >= second[0]:
        a = _widened(a, first)
    else:
        b = _widened(b, second)
    return Typed(f"CAST({a} {sign} {b} AS {type_name(kind)})", kind)


def _widened(sql: str, parts: tuple[int, int]) -> str:
    return f"CAST({sql} AS DECIMAL({max(parts[0], _WIDE)}, {parts[1]}))"


def _division(terms: Terms, node: exp.Div) -> Typed:
    left, right = _operands(terms, node)
    whole = left.type in INTEGERS and right.type in INTEGERS
    if whole or "double" in (left.type, right.type):
        a, b = (as_double(value).sql for value in (left, right))
        return Typed(f"({a} / nullif({b}, 0))", "double")
    (a, first), (b, second) = _decimals(left, right)
    precision, scale = divided(first, second)
    shift = scale + second[1] - first[1]
    if shift < 0 or first[0] + shift > MAX_PRECISION:
        found = f"{left.type} / {right.type}"
        raise Untranslatable(node, found, "fewer digits: CAST one side to fewer, or to DOUBLE")
    return quotient(f"{unscaled(a)} * {10**shift}::HUGEINT", unscaled(b), precision, scale)


def _whole(terms: Terms, node: exp.Binary) -> tuple[str, str, str]:
    left = terms.of_type(node.this, *INTEGERS)
    right = terms.of_type(node.expression, *INTEGERS)
    kind = "bigint" if "bigint" in (left.type, right.type) else "int"
    a, b = (f"CAST({value.sql} AS {WIDER[kind]})" for value in (left, right))
    return a, f"nullif({b}, 0)", kind


def _integer_division(terms: Terms, node: exp.IntDiv) -> Typed:
    a, b, _ = _whole(terms, node)
    return wrapped(f"{a} // {b}", "bigint")


def _remainder(terms: Terms, node: exp.Mod) -> Typed:
    a, b, kind = _whole(terms, node)
    return Typed(f"CAST({a} % {b} AS {type_name(kind)})", kind)


def _signed(function: str) -> Rule:
    def rule(terms: Terms, node: exp.Unary) -> Typed:
        value = terms.value(node.this)
        if not is_number(value.type):
            raise Untranslatable(node, node.sql("spark"), "a number: CAST it")
        if value.type in INTEGERS:
            return wrapped(f"{function}(CAST({value.sql} AS {WIDER[value.type]}))", value.type)
        # DuckDB gives a NULL that it can foresee (as of x / 0) a whole number's type.
        signed = f"CAST({function}({value.sql}) AS {type_name(value.type)})"
        return Typed(signed, value.type, value.digits)

    return rule


def _rounded(terms: Terms, node: exp.Round) -> Typed:
    only(node, {"this", "decimals"})
    value = terms.value(node.this)
    places = node.args.get("decimals") or exp.Literal.number(0)
    parts = digits(value.type)
    if parts is None or value.type in INTEGERS:
        found = f"ROUND of {value.type}"
        raise Untranslatable(node, found, "a decimal: CAST it before")
    if not (isinstance(places, exp.Literal) and places.is_int):
        raise Untranslatable(node, places.sql("spark"), "places as a whole number, 0 or more")
    scale = min(parts[1], int(places.this))
    precision = min(parts[0] - parts[1] + 1 + scale, MAX_PRECISION)
    return Typed(
        f"TRY_CAST(round({value.sql}, {scale}) AS DECIMAL({precision}, {scale}))",
        decimal(precision, scale),
    )


def _to_whole(function: str) -> Rule:
    def rule(terms: Terms, node: exp.Func) -> Typed:
        only(node, {"this"})
        value = terms.value(node.this)
        if value.type in INTEGERS:
            return cast(value, "bigint")
        if value.type == "double":
            return saturated(f"{function}({value.sql})", "bigint")
        parts = digits(value.type)
        if parts is None:
            raise Untranslatable(node, f"{function.upper()} of {value.type}", "a number: CAST it")
        precision = parts[0] - parts[1] + 1 if parts[1] else parts[0]
        precision = min(precision, MAX_PRECISION)
        name = decimal(precision, 0)
        return Typed(f"CAST({function}({value.sql}) AS {type_name(name)})", name)

    return rule


RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_SIGNS, _arithmetic),
    exp.Div: _division,
    exp.IntDiv: _integer_division,
    exp.Mod: _remainder,
    exp.Neg: _signed("-"),
    exp.Abs: _signed("abs"),
    exp.Round: _rounded,
    exp.Ceil: _to_whole("ceil"),
    exp.Floor: _to_whole("floor"),
}
