"""Text to typed values in Spark SQL: whatever can't be taken as it stands becomes NULL.

Spark's own casts trim, round and wrap; these take a value only where nothing is lost.
"""

from __future__ import annotations

from dataplatform.contracts.types import decimal_parts
from dataplatform.render.spark_text import literal

_END = r"\z"  # `$` would let a final line break through
_DIGITS = r"^[+-]?0*[0-9]{1,19}" + _END
_POINTED = r"^[+-]?0*[0-9]{1,19}\.0+" + _END
_EXPONENT = r"[eE](\+?([0-2]?[0-9]|3[0-7])|-[0-9]{1,2})"  # beyond 37 even 0e38 overflows a decimal
_SCIENTIFIC = r"^[+-]?[0-9]{1,3}(\.[0-9]{1,12})?" + _EXPONENT + _END
_DOUBLE = r"^[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?" + _END
# Where digits stand; whether there is such a day, the cast says. Java's patterns take twice as long
# with groups that are captured, and with choices where a class does.
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_FIRST_YEAR = "0001"
_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0{1,9})?)?Z?)?" + _END
# Hours and offsets in Spark's bounds: DuckDB, which runs these casts too, knows 24:00 and +25:00.
_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-7]):?[0-5][0-9]|18:?00))"
_SESSION_IN_UTC = "current_timezone() = 'UTC'"
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
_MOST = 38
"""Digits of the widest decimal."""
_RANGES = {"int": 2**31, "bigint": 2**63}


def cast(text: str, kind: str) -> str:
    """A Spark expression: the text expression `text` as a value of type `kind`, or NULL."""
    if kind == "string":
        return text
    if kind in _RANGES:
        return _integer(text, kind)
    if parts := decimal_parts(kind):
        return _decimal(text, kind, *parts)
    return {"double": _double, "boolean": _boolean, "date": _date, "timestamp": _timestamp}[kind](
        text
    )


def _integer(text: str, kind: str) -> str:
    limit = _RANGES[kind]
    number = f"TRY_CAST({text} AS {_widest(0)})"
    fits = f"{number} BETWEEN -{limit}BD AND {limit - 1}BD"
    value = f"TRY_CAST({text} AS {kind.upper()})"
    return (  # the usual number is just what is written of it, which takes less than a pattern;
        # only the rare one is cast by way of a decimal
        f"CASE WHEN CAST({value} AS STRING) = {text} THEN {value} "
        f"WHEN {_like(text, _DIGITS)} THEN {value} "
        f"WHEN {_like(text, _POINTED)} OR {_exact_scientific(text, _MOST, 0)} "
        f"THEN IF({fits}, CAST({number} AS {kind.upper()}), NULL) END"
    )


def _decimal(text: str, kind: str, precision: int, scale: int) -> str:
    before = precision - scale
    fraction = rf"\.[0-9]{{0,{scale}}}0*" if scale else r"\.0+"
    whole = rf"0*[0-9]{{1,{before}}}" if before else "0+"
    shapes = [rf"{whole}({fraction})?"]
    if scale:
        shapes = [rf"{whole}(\.[0-9]{{1,{scale}}}0*)?", rf"\.[0-9]{{1,{scale}}}0*"]
    plain = rf"^[+-]?({'|'.join(shapes)}){_END}"
    target = kind.upper()
    taken = f"TRY_CAST({text} AS {target})"
    return (  # no OR: DuckDB would evaluate both its sides for every row
        f"CASE WHEN {_like(text, plain)} THEN {taken} "
        f"WHEN {_exact_scientific(text, before, scale)} "
        f"THEN TRY_CAST(TRY_CAST({text} AS {_widest(scale)}) AS {target}) END"
    )


def _exact_scientific(text: str, before: int, scale: int) -> str:
    """Whether `1.5e3` is exactly a decimal with so many digits before and after the point.

    Up to 15 digits tell doubles apart, so that equal doubles mean equal decimals, and a smaller
    double a smaller decimal. The bound is said for DuckDB: it takes 1.000e3 for a decimal(5,2),
    which it then holds beyond the type's digits, and 10e-1 for no decimal(1,0).
    """
    number = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"({_like(text, _SCIENTIFIC)} AND abs({number}) < 1E{before} AND "
        f"CAST(TRY_CAST({text} AS {_widest(scale)}) AS DOUBLE) = {number})"
    )


def _widest(scale: int) -> str:
    return f"DECIMAL({_MOST},{scale})"


def _double(text: str) -> str:
    number = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"CASE WHEN {_like(text, _DOUBLE)} "
        f"AND abs({number}) < CAST('Infinity' AS DOUBLE) THEN {number} END"
    )


def _boolean(text: str) -> str:
    words = {
        answer: ", ".join(literal(word) for word in group)
        for answer, group in (("TRUE", _TRUE), ("FALSE", _FALSE))
    }
    whens = " ".join(f"WHEN lower({text}) IN ({group}) THEN {a}" for a, group in words.items())
    return f"CASE {whens} END"


def _date(text: str) -> str:
    is_day = _dated(text, _DATE + _MIDNIGHT)
    return f"CASE WHEN {is_day} THEN TRY_CAST(left({text}, 10) AS DATE) END"


def _timestamp(text: str) -> str:
    """ISO 8601; without a zone it's UTC, whatever the session's zone is.

    To read a zone Spark compiles two patterns, every time: which takes three times as long as all
    else of the cast. Where the session is in UTC, as the jobs' are, `Z` need not be read.
    """
    zoned, local = _DATE + _TIME + _ZONE + _END, _DATE + _TIME + _END
    in_utc = _DATE + _TIME + "Z?" + _END
    from_zone = f"WHEN {_dated(text, zoned)} THEN TRY_CAST({text} AS TIMESTAMP)"
    return (  # the condition is a constant: what doesn't apply is gone before Spark makes code
        f"IF({_SESSION_IN_UTC}, CASE WHEN {_dated(text, in_utc)} "
        f"THEN TRY_CAST(substring_index({text}, 'Z', 1) AS TIMESTAMP) {from_zone} END, "
        f"CASE {from_zone} "
        f"WHEN {_dated(text, local)} THEN TRY_CAST(concat({text}, 'Z') AS TIMESTAMP) END)"
    )


def _dated(text: str, pattern: str) -> str:
    """Whether text begins with a day as the pattern says; there is no year 0."""
    return f"{_like(text, pattern)} AND {text} >= {literal(_FIRST_YEAR)}"


def _like(text: str, pattern: str) -> str:
    return f"{text} RLIKE {literal(pattern)}"
