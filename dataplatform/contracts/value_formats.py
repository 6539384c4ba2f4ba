"""The format in which a contract says that its source writes a column's values."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.contracts.formats import EPOCHS, NUMBERS, UNDERSTOOD, FormatFault, moment
from dataplatform.contracts.nesting import kind_in_words
from dataplatform.contracts.types import decimal_parts
from dataplatform.suggestions import did_you_mean

_ISO: Final = {
    "date": ("yyyy-MM-dd",),
    "timestamp": ("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssX"),
}
"""Formats that the cast takes as it is, and more of ISO 8601 beside them."""

_NUMBER: Final = "numberFormat"
_UTC: Final = ("UTC", "Etc/UTC")


def value_format(findings: Findings, place: Place, spec: dict[str, Any], kind: str) -> str:
    """`Column.format` of the property at `place`; "" for what the type's cast takes, and for a
    format (and a problem) that isn't understood."""
    said = _number(findings, place, spec, kind)
    options = spec.get("logicalTypeOptions")
    if kind not in _ISO or not isinstance(options, dict) or options.get("format") is None:
        return said
    found, where = options["format"], (*place, "logicalTypeOptions", "format")
    if found in _ISO[kind]:
        return ""
    if kind == "timestamp" and found in EPOCHS:
        return str(found)
    if not isinstance(found, str):
        findings.add(where, "a format, in quotes: dd.MM.yyyy")
        return ""
    try:
        moment(found, kind)
    except FormatFault as fault:
        others = f"; or {', '.join(EPOCHS)}" if kind == "timestamp" else ""
        findings.add(
            where,
            f"a format of a {kind} in the letters {UNDERSTOOD}{others}",
            found=f"{show(found)} with {fault}",
            remedy=f'Write it as the source does, as in "{_EXAMPLES[kind]}", or declare it as '
            '"string".',
        )
        return ""
    return found


def value_zone(findings: Findings, place: Place, spec: dict[str, Any], kind: str) -> str:
    """`Column.zone` of the property at `place`; "" for UTC, and (a problem) for an unknown zone."""
    options = spec.get("logicalTypeOptions")
    if kind != "timestamp" or not isinstance(options, dict):
        return ""
    zone = options.get("defaultTimezone")
    if zone in (None, *_UTC):
        return ""
    # Short names are offsets to some and rules to others; engines differ in them.
    if isinstance(zone, str) and "/" in zone and zone in available_timezones():
        return zone
    findings.add(
        (*place, "logicalTypeOptions", "defaultTimezone"),
        "a time zone by its region and city, or UTC",
        remedy=did_you_mean(zone, available_timezones()) or "Write it as Europe/Berlin.",
    )
    return ""


_EXAMPLES: Final = {"date": "dd.MM.yyyy", "timestamp": "dd.MM.yyyy HH:mm[:ss]"}


def _number(findings: Findings, place: Place, spec: dict[str, Any], kind: str) -> str:
    """The custom property that says how a number is written, by an example."""
    items = spec.get("customProperties")
    for index, item in enumerate(items if isinstance(items, list) else []):
        if not isinstance(item, dict) or item.get("property") != _NUMBER:
            continue
        where, found = (*place, "customProperties", index, "value"), item.get("value")
        if kind not in ("int", "bigint", "double") and decimal_parts(kind) is None:
            findings.add(
                where,
                f"{_NUMBER} of an integer or a number",
                found=f"{_NUMBER} of {kind_in_words(kind)}",
                remedy="Take it out.",
            )
        elif found in NUMBERS:
            return str(found)
        else:
            findings.add(
                where,
                f"how the source writes a number: one of {', '.join(map(show, NUMBERS))}",
                remedy='Write one of them, in quotes; take it out for "1234.56".',
            )
    return ""
