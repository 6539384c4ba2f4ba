"""The servers that a dataset comes from, and what their kind of ingestion must know."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from dataplatform.contracts.csv_files import check_json, csv_options
from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.model import ContractColumn, Server
from dataplatform.suggestions import did_you_mean

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
_FOLDER = re.compile(r"s3://[^/]+/(?P<path>.*)")
_SNAKE = re.compile(r"(?<=[a-z])([A-Z])")


def servers(findings: Findings, place: Place) -> tuple[tuple[int, Server], ...]:
    """The servers at `place` (a list), one a stage, each with its position in the list.

    Those that can't be used are left out, and are problems.
    """
    listed = findings.document.get(place)
    if not isinstance(listed, list) or not listed or not isinstance(listed[0], dict):
        findings.add(place, "one server", remedy=f"Its type is one of {', '.join(KINDS)}.")
        return ()
    found: list[tuple[int, Server]] = []
    seen: dict[str, int] = {}
    for index, spec in enumerate(listed):
        if not isinstance(spec, dict):
            continue  # its shape is a problem already noted
        environment = str(spec.get("environment") or "")
        if environment in seen:
            named = f'the environment "{environment}"' if environment else "no environment"
            findings.add(
                (*place, index),
                "a server for each environment, and at most one for all others",
                found=f"a second server of {named}",
                remedy="An environment is a stage: environment: prod.",
            )
        seen[environment] = index
        server = _server(findings, (*place, index), spec)
        if server is not None:
            found.append((index, replace(server, environment=environment)))
    return tuple(found)


def _server(findings: Findings, place: Place, spec: dict[str, Any]) -> Server | None:
    if not findings.one_of((*place, "type"), KINDS, "a type of server that is understood"):
        return None
    options = _custom(spec)
    kind = str(spec["type"])
    if kind == "s3":
        if not findings.one_of((*place, "format"), _FORMATS, "a format"):
            return None
        if spec["format"] == "csv":
            said = csv_options(findings, place, spec, options)
            return Server(kind=kind, format="csv", options=said)
        check_json(findings, place, spec)
        _no_options(findings, place, options, kind)
        return Server(kind=kind, format="json")
    check_json(findings, place, spec)
    if kind == "kinesis":
        _no_options(findings, place, options, kind)
        return Server(kind=kind, format="json")
    return Server(kind=kind, format="json", options=_api(findings, place, options))


def check_locations(findings: Findings, place: Place, dataset: str) -> None:
    """Files lie in one folder, whatever a stage calls the bucket: a contract says no other."""
    if not dataset or ("schema", 0, "name") in findings.places:
        return  # which folder it is, its name will tell
    listed = findings.document.get(place)
    for index, spec in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(spec, dict) or spec.get("type") != "s3":
            continue
        location = spec.get("location")
        folder = _FOLDER.fullmatch(location) if isinstance(location, str) else None
        if folder is None or folder["path"].strip("/") != dataset:
            findings.add(
                (*place, index, "location"),
                f"the dataset's folder in the landing bucket: s3://landing/{dataset}/",
                remedy=f"Write location: s3://landing/{dataset}/. Files are read from there alone.",
            )


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
    return replace(found, options=tuple(sorted(options.items())))


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
            f"no custom properties on a server of type {kind} with JSON",
            found=f'"{name}"',
            remedy="Take it out: they say how an api is asked, or CSV is written.",
        )


def _custom(spec: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    """Custom properties by name, each with its position in the list."""
    items = spec.get("customProperties")
    return {
        str(item.get("property")): (index, item.get("value"))
        for index, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, dict)
    }
