"""Service levels and roles: what a dataset promises, and to whom."""

from __future__ import annotations

import re
from typing import Any

from dataplatform.contracts.findings import Findings
from dataplatform.contracts.model import RoleGrant, ServiceLevel

_MINUTES = {
    **dict.fromkeys(("m", "min", "minute", "minutes"), 1),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 60),
    **dict.fromkeys(("d", "day", "days"), 24 * 60),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 24 * 60),
    **dict.fromkeys(("mo", "month", "months"), 30 * 24 * 60),
    **dict.fromkeys(("y", "yr", "year", "years"), 365 * 24 * 60),
}
_DURATIONS = ("freshness", "latency", "retention")
_ACCESS = ("read", "write")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def service_levels(findings: Findings) -> tuple[ServiceLevel, ...]:
    """Each of `slaProperties`; durations in minutes, others as they stand."""
    levels = []
    for index, item in _items(findings, "slaProperties"):
        place = ("slaProperties", index)
        line = findings.document.line(place)
        name, value, unit = item.get("property"), item.get("value"), item.get("unit")
        if not isinstance(name, str):
            findings.add(
                (*place, "property"),
                "a name such as freshness",
                remedy="Write property: freshness.",
            )
        elif name not in _DURATIONS:
            levels.append(ServiceLevel(name=name, value=str(value), line=line))
        elif not isinstance(value, (int, float)) or isinstance(value, bool) or value <= 0:
            findings.add(
                (*place, "value"), "a number over 0", remedy="Write value: 1 and unit: d for a day."
            )
        elif unit not in _MINUTES:
            findings.add(
                (*place, "unit"),
                "a unit of time: min, h, d, w, mo or y",
                remedy="Write unit: h for hours.",
            )
        else:
            minutes = int(value * _MINUTES[unit])
            levels.append(ServiceLevel(name=name, value=str(minutes), minutes=minutes, line=line))
    return tuple(levels)


def role_grants(findings: Findings) -> tuple[RoleGrant, ...]:
    """Each of `roles` with its access."""
    grants = []
    for index, item in _items(findings, "roles"):
        place = ("roles", index)
        if not isinstance(item.get("role"), str):
            findings.add((*place, "role"), "a role's name", remedy="Write role: analyst.")
        elif not _ROLE.fullmatch(item["role"]):
            findings.add(
                (*place, "role"),
                "a role's name: a lower-case letter, then letters, digits or _, up to 64",
                remedy="A policy is named after it. Write role: analyst.",
            )
        elif findings.one_of((*place, "access"), _ACCESS, "an access"):
            grants.append(RoleGrant(role=item["role"], access=item["access"]))
    return tuple(grants)


def _items(findings: Findings, key: str) -> list[tuple[int, dict[str, Any]]]:
    items = findings.document.data.get(key)
    listed = items if isinstance(items, list) else []
    return [(index, item) for index, item in enumerate(listed) if isinstance(item, dict)]
