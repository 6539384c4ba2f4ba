"""The server that a dataset comes from, and what its kind of ingestion must know."""

from __future__ import annotations

import re
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, did_you_mean
from dataplatform.contracts.model import ContractColumn, Server

KINDS = ("s3", "api", "kinesis")
_FORMATS = ("csv", "json")

_API_NEEDED = {
    "source": "the source's name, as in its address parameter: /weir/<stage>/sources/<source>/...",
    "path": "the path below the source's base URL: /sales",
}
_API_DEFAULTS = {
    "recordsPath": "",
    "updatedParam": "updated_since",
    "idParam": "after_id",
    "limitParam": "limit",
    "limit": "1000",
    "hasMorePath": "has_more",
    "keyHeader": "X-API-Key",
    "updatedColumn": "",
    "idColumn": "",
}
_SNAKE = re.compile(r"(?<=[a-z])([A-Z])")


def server(findings: Findings, place: Place) -> Server | None:
    """The one server at `place` (a list); None (and a problem) where it can't be used."""
    servers = findings.document.get(place)
    if not isinstance(servers, list) or not servers or not isinstance(servers[0], dict):
        findings.add(place, "one server", remedy=f"Its type is one of {', '.join(KINDS)}.")
        return None
    if len(servers) > 1:
        findings.unsupported((*place, 1), "a second server", "Keep one: the dataset's source.")
    spec = servers[0]
    if not findings.one_of((*place, 0, "type"), KINDS, "a type of server that is understood"):
        return None
    options = _custom(spec)
    kind = str(spec["type"])
    if kind == "s3":
        if not findings.one_of((*place, 0, "format"), _FORMATS, "a format"):
            return None
        if spec.get("delimiter") not in (None, ",", "array", "new_line"):
            findings.unsupported((*place, 0, "delimiter"), "another delimiter", "Use commas.")
        _no_options(findings, (*place, 0), options, kind)
        return Server(kind=kind, format=str(spec["format"]))
    if kind == "kinesis":
        _no_options(findings, (*place, 0), options, kind)
        return Server(kind=kind, format="json")
    return Server(kind=kind, format="json", options=_api(findings, (*place, 0), options))


def complete_api(
    findings: Findings,
    place: Place,
    found: Server,
    columns: tuple[ContractColumn, ...],
    key: tuple[str, ...],
    ordering: str,
) -> Server:
    """An api's cursor columns: by default the ordering column and the key."""
    if found.kind != "api":
        return found
    options = dict(found.options)
    names = [column.name for column in columns]
    for option in ("updated_column", "id_column"):
        if options[option] and options[option] not in names:
            findings.add(
                (*place, "customProperties"),
                f"a column of this contract: {', '.join(names)}",
                found=f'{option} "{options[option]}"',
                remedy=did_you_mean(options[option], names),
            )
    if not options["updated_column"] and not ordering:
        findings.add(
            place,
            "an ordering column (customProperties of the schema), or updatedColumn",
            found="an api without a column to pull by",
            remedy="It tells which records changed since the last pull.",
        )
    if not options["id_column"] and len(key) != 1:
        findings.add(
            place,
            "a primary key of one column, or idColumn",
            found="an api without a column that tells records of one instant apart",
            remedy="Name it: a custom property idColumn of the server.",
        )
    options["updated_column"] = options["updated_column"] or ordering
    options["id_column"] = options["id_column"] or "".join(key[:1])
    fields = {column.name: column.field or column.name for column in columns}
    for option in ("updated_column", "id_column"):  # they are looked for in the source's records
        options[option] = fields.get(options[option], options[option])
    return Server(kind=found.kind, format=found.format, options=tuple(sorted(options.items())))


def _api(
    findings: Findings, place: Place, options: dict[str, tuple[int, Any]]
) -> tuple[tuple[str, str], ...]:
    known = {*_API_NEEDED, *_API_DEFAULTS}
    for name, (index, _) in options.items():
        if name not in known:
            findings.add(
                (*place, "customProperties", index, "property"),
                f"a property of an api: {', '.join(sorted(known))}",
                remedy=did_you_mean(name, known) or "Take it out.",
            )
    for name, meaning in _API_NEEDED.items():
        if not options.get(name, (0, ""))[1]:
            findings.add(
                (*place, "customProperties"),
                meaning,
                found=f'no property "{name}"',
                remedy=f"Write - {{property: {name}, value: …}}.",
            )
    limit = options.get("limit", (0, 1))
    if not str(limit[1]).isdigit() or int(limit[1]) < 1:
        where = (*place, "customProperties", limit[0], "value")
        findings.add(where, "a page size of 1 or more", remedy="Take it out for 1000 a page.")
    values = {**dict.fromkeys(_API_NEEDED, ""), **_API_DEFAULTS}
    values |= {name: str(value) for name, (_, value) in options.items() if name in known}
    return tuple(sorted((_SNAKE.sub(r"_\1", name).lower(), text) for name, text in values.items()))


def _no_options(
    findings: Findings, place: Place, options: dict[str, tuple[int, Any]], kind: str
) -> None:
    for name, (index, _) in options.items():
        where = (*place, "customProperties", index)
        findings.add(
            where,
            f"no custom properties on a server of type {kind}",
            found=f'"{name}"',
            remedy="Take it out: they say how an api is asked.",
        )


def _custom(spec: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    """Custom properties by name, each with its position in the list."""
    items = spec.get("customProperties")
    return {
        str(item.get("property")): (index, item.get("value"))
        for index, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, dict)
    }
