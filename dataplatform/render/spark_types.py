"""Spark's types of what is computed, in the platform's own names (`Column.type`)."""

from __future__ import annotations

from dataplatform.contracts.types import decimal_parts
from dataplatform.render.typed import NULL

MAX_PRECISION = 38
INTEGERS = ("int", "bigint")
_MIN_SCALE = 6  # what Spark keeps of a scale when a result needs more than 38 digits
_INTEGER_DIGITS = {"int": 10, "bigint": 20}


def decimal(precision: int, scale: int) -> str:
    """The name of a decimal type."""
    return f"decimal({precision},{scale})"


def digits(kind: str) -> tuple[int, int] | None:
    """Precision and scale of a decimal that holds all values of an exact number; else None."""
    if kind in _INTEGER_DIGITS:
        return _INTEGER_DIGITS[kind], 0
    return decimal_parts(kind)


def is_number(kind: str) -> bool:
    """Whether arithmetic takes the type."""
    return kind == "double" or digits(kind) is not None


def common(left: str, right: str) -> str | None:
    """The type in which Spark compares values of two types, or joins them; None for a mere guess.

    Text meets nothing but text: Spark would cast it, and what can't be cast would be NULL.
    """
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    if {left, right} == {"date", "timestamp"}:
        return "timestamp"
    if {left, right} == {*INTEGERS}:
        return "bigint"
    if not (is_number(left) and is_number(right)):
        return None
    if "double" in (left, right):
        return "double"
    first, second = digits(left), digits(right)
    if first is None or second is None:
        return None
    scale = max(first[1], second[1])
    precision = max(first[0] - first[1], second[0] - second[1]) + scale
    return decimal(precision, scale) if precision <= MAX_PRECISION else None


def added(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Precision and scale of a sum or difference of two decimals."""
    scale = max(left[1], right[1])
    return max(left[0] - left[1], right[0] - right[1]) + scale + 1, scale


def multiplied(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Precision and scale of a product of two decimals."""
    return left[0] + right[0] + 1, left[1] + right[1]


def divided(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Precision and scale of a quotient of two decimals; of 38 digits whole ones go first."""
    whole = left[0] - left[1] + right[1]
    scale = max(_MIN_SCALE, left[1] + right[0] + 1)
    if whole + scale <= MAX_PRECISION:
        return whole + scale, scale
    return MAX_PRECISION, max(MAX_PRECISION - whole, min(scale, _MIN_SCALE))
