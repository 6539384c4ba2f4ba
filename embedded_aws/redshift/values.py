"""Results as the Data API shows them: one tagged value a cell, and what each column is."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from embedded_aws.redshift.engine.types import RedshiftType

_NUMERIC_SIZES = {"int2": (5, 0), "int4": (10, 0), "int8": (19, 0), "float4": (8, 8)}


def cell(value: Any) -> dict[str, Any]:
    """Integers, floats and booleans keep their type; NUMERIC, dates and times travel as text."""
    match value:
        case None:
            return {"isNull": True}
        case bool():
            return {"booleanValue": value}
        case int():
            return {"longValue": value}
        case float():
            return {"doubleValue": value}
        case Decimal():
            return {"stringValue": f"{value:f}"}
        case datetime():
            return {"stringValue": _timestamp(value)}
        case date() | time():
            return {"stringValue": value.isoformat()}
    return {"stringValue": str(value)}


def typed_cell(value: Any, kind: RedshiftType) -> dict[str, Any]:
    """As `cell`; an integer of a NUMERIC column is text, too."""
    if kind.name == "numeric" and isinstance(value, int):
        return {"stringValue": str(value)}
    return cell(value)


def column_metadata(name: str, kind: RedshiftType) -> dict[str, Any]:
    """A result column."""
    precision, scale = _NUMERIC_SIZES.get(kind.name, (kind.precision, kind.scale))
    return {
        "name": name,
        "label": name,
        "typeName": kind.name,
        "precision": precision,
        "scale": scale,
        "length": kind.precision if kind.is_text else 0,
        "nullable": 1,
        "isCaseSensitive": kind.is_text,
        "isCurrency": False,
        "isSigned": kind.name in ("int2", "int4", "int8", "float4", "float8", "numeric"),
        "schemaName": "",
        "tableName": "",
        "columnDefault": None,
    }


def _timestamp(value: datetime) -> str:
    """`2026-11-21 10:04:12.5`, with the offset where the type has one."""
    text = value.replace(tzinfo=None).isoformat(sep=" ")
    text = text.rstrip("0") if "." in text else text
    return f"{text}+00" if value.tzinfo else text
