"""ODCS logical types as the platform's own types.

The contract says the type that the data has in the lake; the source sends text, which is cast.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.nesting import array_of, object_of

NESTED = ("object", "array")
LOGICAL_TYPES = ("string", "integer", "number", "boolean", "date", "timestamp", *NESTED)
_AS_TEXT = 'Declare it as "string": it is kept as its text, JSON where it is nested.'
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
"""Times of day, 00:00 to 23:59:59, which sort as text as they do by the clock."""

_LATER = {
    "time": "Spark 3.5 has no type for a time of day. Keep it as text: logicalType: string, "
    f'logicalTypeOptions: {{pattern: "{_TIME}"}}',
    "map": _AS_TEXT,
    "vector": _AS_TEXT,
}
_INT_FORMATS = {"i32": "int", "i64": "bigint"}
_INT_TYPES = {
    "TINYINT": "int",
    "SMALLINT": "int",
    "INT": "int",
    "INTEGER": "int",
    "INT4": "int",
    "BIGINT": "bigint",
    "LONG": "bigint",
    "INT8": "bigint",
}
_TEXT_TYPES = {"STRING", "TEXT", "VARCHAR", "CHAR", "NVARCHAR"}
_DOUBLE_TYPES = {"DOUBLE", "DOUBLE PRECISION", "FLOAT", "FLOAT8", "FLOAT64"}
_DECIMAL_TYPES = {"DECIMAL", "NUMERIC"}
_PHYSICAL = re.compile(r"^\s*([A-Za-z][A-Za-z0-9 ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$")
_PHYSICAL_TYPES = {
    "string": _TEXT_TYPES,
    "boolean": {"BOOLEAN", "BOOL"},
    "date": {"DATE"},
    "timestamp": {"TIMESTAMP", "TIMESTAMPTZ", "DATETIME"},
    "object": {"OBJECT", "STRUCT", "RECORD", "JSON"},
    "array": {"ARRAY", "LIST", "JSON"},
}
"""Of the logical types whose type in the lake doesn't depend on it."""

_MAX_PRECISION = 38
_MAX_SCALE = 35  # DuckDB needs room for `912e-3`


def column_type(
    findings: Findings,
    place: Place,
    spec: dict[str, Any],
    parts: Sequence[tuple[str, str]] = (),
) -> str | None:
    """The platform's type of an ODCS property; None (and a problem) where it has none.

    Args:
        parts: name and type of an object's properties, or of an array's element.
    """
    logical = spec.get("logicalType")
    if logical in _LATER:
        findings.unsupported(
            (*place, "logicalType"), f'logicalType "{logical}"', _LATER[str(logical)]
        )
        return None
    if not findings.one_of(
        (*place, "logicalType"), LOGICAL_TYPES, "one of the logical types", usual="string"
    ):
        return None
    physical = spec.get("physicalType")
    base, first, second = _physical(physical)
    if logical == "integer":
        return _integer(findings, place, spec, base)
    if logical == "number":
        return _number(findings, place, spec, base, first, second)
    allowed = _PHYSICAL_TYPES[str(logical)]
    if physical is not None and base not in allowed:
        findings.add(
            (*place, "physicalType"),
            f"a physical type of {logical}: {', '.join(sorted(allowed))}",
            remedy="Take it out, or change logicalType.",
        )
        return None
    if logical in NESTED:
        if not parts:
            return None  # which is a problem already noted
        return object_of(parts) if logical == "object" else array_of(parts[0][1])
    return str(logical)


def text_length(physical: Any) -> int | None:
    """n of VARCHAR(n); None for other types."""
    base, first, _ = _physical(physical)
    return first if base in _TEXT_TYPES else None


def decimal_parts(kind: str) -> tuple[int, int] | None:
    """Precision and scale of `decimal(p,s)`; None for other types."""
    match = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    return (int(match[1]), int(match[2])) if match else None


def _integer(findings: Findings, place: Place, spec: dict[str, Any], base: str) -> str | None:
    options = spec.get("logicalTypeOptions")
    width = options.get("format") if isinstance(options, dict) else None
    if spec.get("physicalType") is not None:
        if base in _INT_TYPES:
            return _INT_TYPES[base]
        findings.add(
            (*place, "physicalType"),
            "a physical type of integer: INT or BIGINT",
            remedy="The physical type is the one that the lake keeps, not the source's.",
        )
        return None
    if width is None:
        return "int"  # ODCS: the default format of integer is i32
    where = (*place, "logicalTypeOptions", "format")
    return (
        _INT_FORMATS[width] if findings.one_of(where, _INT_FORMATS, "an integer format") else None
    )


def _number(
    findings: Findings,
    place: Place,
    spec: dict[str, Any],
    base: str,
    first: int | None,
    second: int | None,
) -> str | None:
    where = (*place, "physicalType")
    if base in _DOUBLE_TYPES and first is None:
        return "double"
    if base not in _DECIMAL_TYPES:
        findings.add(
            where,
            "DECIMAL(precision, scale) or DOUBLE",
            remedy="Money and quantities: DECIMAL(18,4). Measurements: DOUBLE, which rounds.",
        )
        return None
    if first is None:
        custom = {
            item.get("property"): item.get("value")
            for item in spec.get("customProperties") or []
            if isinstance(item, dict)
        }
        first, second = custom.get("precision"), custom.get("scale")
    if not isinstance(first, int):
        findings.add(
            where,
            "DECIMAL(precision, scale)",
            remedy="Without a precision each engine would choose its own, and round.",
        )
        return None
    scale = second if isinstance(second, int) else 0
    if scale > _MAX_SCALE:
        findings.unsupported(where, f"a scale of {scale}", f"At most {_MAX_SCALE} places.")
        return None
    if not (1 <= first <= _MAX_PRECISION and 0 <= scale <= first):
        findings.add(
            where,
            f"1 <= precision <= {_MAX_PRECISION} and 0 <= scale <= precision",
            remedy="Precision counts all digits, scale those after the point: DECIMAL(18,2).",
        )
        return None
    return f"decimal({first},{scale})"


def _physical(text: Any) -> tuple[str, int | None, int | None]:
    match = _PHYSICAL.match(text) if isinstance(text, str) else None
    if not match:
        return "", None, None
    first, second = match[2], match[3]
    return (
        " ".join(match[1].upper().split()),
        int(first) if first else None,
        int(second) if second else None,
    )
