"""CAST as Spark does it without ANSI mode: what doesn't fit is NULL, or wraps, or saturates.

Text is cast in contracts, where what can't be has a reason; here only text written in the SQL is.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlglot import exp

from dataplatform.render.spark_types import INTEGERS, digits
from dataplatform.render.translation.values import as_double, saturated, wrapped
from dataplatform.render.typed import NULL, Typed, Untranslatable, cast, text, type_name

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_PLAIN_SCALE = 6  # beyond it Java writes small decimals with an exponent


def converted(node: exp.Cast, value: Typed, kind: str) -> Typed:
    """A value CAST to a type.

    Raises:
        Untranslatable: the engines would differ.
    """
    if value.type == kind:
        return value
    if value.type == NULL:
        return cast(value, kind)
    if value.type == "string":
        return literal_as(node.this, value, kind)
    found = _to_text(value) if kind == "string" else _to_other(value, kind)
    if found is None:
        written = f"CAST of {value.type} AS {kind.upper()}"
        raise Untranslatable(node, written, "a cast that both engines do alike")
    return found


def literal_as(node: exp.Expr, value: Typed, kind: str) -> Typed:
    """Text written in the SQL as the value that it stands for; other values as they are.

    Raises:
        Untranslatable: a column's text, or text that isn't in the one form that is certain.
    """
    if value.type != "string":
        return value
    node = node.unnest()
    remedy = f"text such as '{_EXAMPLES.get(kind, '12.50')}', or the type in the contract"
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise Untranslatable(node, f"text as {kind.upper()}", remedy)
    written = _canonical(node.this, kind)
    if written is None:
        raise Untranslatable(node, f"'{node.this}' as {kind.upper()}", remedy)
    return Typed(f"CAST({text(written)} AS {type_name(kind)})", kind)


_EXAMPLES = {"date": "2026-11-21", "timestamp": "2026-11-21 10:04:12", "int": "12", "bigint": "12"}


def _canonical(written: str, kind: str) -> str | None:
    try:
        if kind == "date" and _DATE.fullmatch(written):
            return date.fromisoformat(written).isoformat()
        if kind == "timestamp" and _DATE.fullmatch(written):
            written += " 00:00:00"
        if kind == "timestamp" and _MOMENT.fullmatch(written):
            moment = datetime.fromisoformat(written)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC).isoformat(sep=" ")
    except ValueError:
        return None
    if not _NUMBER.fullmatch(written):
        return None
    if kind in INTEGERS:
        limit = 2**31 if kind == "int" else 2**63
        return written if "." not in written and -limit <= int(written) < limit else None
    if parts := digits(kind):
        number = Decimal(written)
        whole = number.scaleb(parts[1])
        return written if whole == int(whole) and abs(whole) < 10 ** parts[0] else None
    return written if kind == "double" else None


def _to_text(value: Typed) -> Typed | None:
    parts = digits(value.type)
    if value.type == "double" or (parts and parts[1] > _PLAIN_SCALE):
        return None
    if value.type == "timestamp":
        shown = f"CAST(CAST({value.sql} AS TIMESTAMP) AS VARCHAR)"
        return Typed(shown, "string")
    if parts and parts[0] == parts[1]:  # DuckDB leaves out the only digit before the point
        value = cast(value, f"decimal({parts[0] + 1},{parts[1]})")
    return cast(value, "string")


def _to_other(value: Typed, kind: str) -> Typed | None:
    if kind in INTEGERS:
        return _to_integer(value, kind)
    if kind == "double":
        return as_double(value) if digits(value.type) else None
    if digits(kind):
        return _to_decimal(value, kind)
    if {value.type, kind} == {"date", "timestamp"}:
        return cast(value, kind)  # at midnight UTC, the session's zone in both engines
    return None


def _to_integer(value: Typed, kind: str) -> Typed | None:
    if value.type == "boolean" or (value.type, kind) == ("int", "bigint"):
        return cast(value, kind)
    if value.type == "bigint":
        return wrapped(f"CAST({value.sql} AS HUGEINT)", kind)
    if value.type == "double":
        return saturated(value.sql, kind)
    if digits(value.type):  # cut at the point, to 64 bits, then to fewer
        cut = wrapped(f"CAST(trunc({value.sql}) AS HUGEINT)", "bigint")
        return cut if kind == "bigint" else wrapped(f"CAST({cut.sql} AS HUGEINT)", kind)
    return None


def _to_decimal(value: Typed, kind: str) -> Typed | None:
    name = type_name(kind)
    if value.type == "double":  # Spark rounds what the number looks like, not its bits
        shown = f"CAST({value.sql} AS VARCHAR)"
        # DuckDB rounds 5e-7 up to 0.01, unless there is place for all of it.
        return Typed(
            f"CASE WHEN abs({value.sql}) < 1e-36 THEN CAST(0 AS {name}) "
            f"WHEN abs({value.sql}) < 1 "
            f"THEN TRY_CAST(TRY_CAST({shown} AS DECIMAL(38, 37)) AS {name}) "
            f"ELSE TRY_CAST({shown} AS {name}) END",
            kind,
        )
    if digits(value.type):
        return Typed(f"TRY_CAST({value.sql} AS {name})", kind)
    return None
