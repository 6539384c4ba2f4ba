"""Java's numbers in DuckDB: wrapping, saturating, and decimals divided to the last digit."""

from __future__ import annotations

from dataplatform.render.spark_types import decimal, digits
from dataplatform.render.typed import Typed, cast, type_name

BITS = {"int": 32, "bigint": 64}
WIDER = {"int": "BIGINT", "bigint": "HUGEINT"}
"""A type in which no single operation on two of the smaller overflows."""

_PLACES = 19  # that a product puts in place, whose operands have 38 digits together
_LONGEST = 40  # characters of a HUGEINT's digits
_EXACT = 15  # digits that a double holds for certain


def wrapped(sql: str, kind: str) -> Typed:
    """A wider whole number cut to the type's bits, as Java's arithmetic does."""
    half = 2 ** (BITS[kind] - 1)
    cut = f"((({sql}) + {half}) & {2 * half - 1}) - {half}"
    return Typed(f"CAST({cut} AS {type_name(kind)})", kind)


def saturated(sql: str, kind: str) -> Typed:
    """A DOUBLE cut to a whole number as Java does: NaN is 0, and beyond the ends is the end."""
    half = 2 ** (BITS[kind] - 1)
    name = type_name(kind)
    return Typed(
        f"CASE WHEN isnan({sql}) THEN CAST(0 AS {name}) "
        f"WHEN {sql} >= CAST({half} AS DOUBLE) THEN CAST({half - 1} AS {name}) "
        f"WHEN {sql} <= CAST(-{half} AS DOUBLE) THEN CAST(-{half} AS {name}) "
        f"ELSE CAST(trunc({sql}) AS {name}) END",
        kind,
    )


def as_double(value: Typed) -> Typed:
    """The nearest double; by way of text where DuckDB's own division would round a second time."""
    parts = digits(value.type)
    if parts and parts[1] and parts[0] > _EXACT:
        return Typed(f"CAST(CAST({value.sql} AS VARCHAR) AS DOUBLE)", "double")
    return cast(value, "double")


def unscaled(sql: str) -> str:
    """A decimal's digits as a HUGEINT: 1.50 is 150. By way of text: no type holds 10**38 times."""
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') AS HUGEINT)"


def quotient(numerator: str, denominator: str, precision: int, scale: int) -> Typed:
    """Whole numbers' quotient as a decimal, rounded half up; NULL over 0, or with too many digits.

    Args:
        numerator, denominator: HUGEINTs; the numerator already times 10**scale.
    """
    n, d = f"({numerator})", f"nullif({denominator}, 0)"
    # The remainder is compared with what is left of the divisor: its double might not fit.
    rest = f"abs({n} % {d})"
    away = f"CASE WHEN {rest} >= abs({d}) - {rest} THEN sign({n}) * sign({d}) ELSE 0 END"
    whole = f"({n} // {d} + {away})"
    kind = decimal(precision, scale)
    if not scale:
        return Typed(f"TRY_CAST({whole} AS {type_name(kind)})", kind)
    if scale > _PLACES:
        shown = f"lpad(CAST(abs({whole}) AS VARCHAR), {_LONGEST}, '0')"
        point = f"regexp_replace({shown}, '(.{{{scale}}})$', '.\\1')"
        sign = f"CASE WHEN {whole} < 0 THEN '-' ELSE '' END"
        return Typed(f"TRY_CAST(({sign} || {point}) AS {type_name(kind)})", kind)
    unit = f"CAST('0.{'1'.zfill(scale)}' AS DECIMAL({scale}, {scale}))"
    over = f"TRY_CAST({whole} // {10**scale}::HUGEINT AS DECIMAL({max(precision - scale, 1)}, 0))"
    under = f"CAST({whole} % {10**scale}::HUGEINT AS DECIMAL({_PLACES}, 0)) * {unit}"
    return Typed(f"TRY_CAST({over} + {under} AS {type_name(kind)})", kind)
