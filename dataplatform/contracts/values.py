"""Literal values in a contract (bounds, allowed values), checked against the column's type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dataplatform.contracts.types import decimal_parts

_RANGE = {"int": 2**31, "bigint": 2**63}

Comparable = Decimal | date | datetime


def comparable(kind: str, value: Any) -> Comparable | None:
    """A bound as a Python value that can be compared; None where it isn't a value of the type."""
    if isinstance(value, bool) or value is None:
        return None
    if kind in _RANGE or kind == "double" or decimal_parts(kind):
        return _number(kind, value)
    try:
        if kind == "date":
            if isinstance(value, datetime):
                return None
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        if kind == "timestamp":
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return None
    return None


def canonical(kind: str, value: Any, *, bound: bool = False) -> str | None:
    """A literal as the text that a rule carries; None where it isn't a value of the type.

    Args:
        bound: it only bounds values: it may lie between two of them.
    """
    if kind == "string":
        return value if isinstance(value, str) else None
    if kind == "boolean":
        return str(value).lower() if isinstance(value, bool) else None
    found = comparable(kind, value)
    if isinstance(found, Decimal):
        parts = decimal_parts(kind)
        if parts and not bound and found != round(found, parts[1]):
            return None
        return format(found, "f")
    if isinstance(found, datetime):
        return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return found.isoformat() if found is not None else None


def _number(kind: str, value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if kind in _RANGE:
        limit = _RANGE[kind]
        return number if number == number.to_integral_value() and -limit <= number < limit else None
    parts = decimal_parts(kind)
    return number if parts is None or abs(number) < 10 ** (parts[0] - parts[1]) else None
