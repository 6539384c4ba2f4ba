"""Spark SQL's names and literals."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from dataplatform.contracts.types import decimal_parts

_PLACEHOLDER = re.compile(r"\{(?=[a-z_]+\})")


def name(word: str) -> str:
    """A quoted identifier."""
    return "`" + word.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A quoted string; a `{word}` in it is written so that `plans.model.fill` leaves it alone."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + _PLACEHOLDER.sub(r"\\u007B", escaped) + "'"


def value(kind: str, text: str) -> str:
    """A typed literal; `text` is canonical (`contracts.values.canonical`)."""
    if kind == "string":
        return literal(text)
    if kind == "boolean":
        return text.upper()
    if kind == "double":
        return f"CAST({literal(text)} AS DOUBLE)"
    if kind == "date":
        return f"DATE {literal(text)}"
    if kind == "timestamp":
        return f"TIMESTAMP {literal(text + 'Z')}"
    return f"{text}BD"  # a decimal of its own precision: comparing with it never rounds


def bound(kind: str, text: str, *, up: bool) -> str:
    """A typed literal that divides a type's values as `text` does: itself, or the value next to it.

    A decimal with more places than its column has would need more digits to be compared than there
    are.

    Args:
        up: of two values around it the greater one stands for it.
    """
    parts = decimal_parts(kind)
    if parts is None:
        return value(kind, text)
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    with localcontext(prec=100):
        number = Decimal(text).quantize(Decimal(1).scaleb(-parts[1]), rounding)
    return value(kind, format(number, "f"))


def conjunction(conditions: list[str]) -> str:
    """Conditions that must all hold."""
    return " AND ".join(conditions)
