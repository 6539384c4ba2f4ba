"""One ODCS document to one `Contract`."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import PurePosixPath
from typing import Any

from dataplatform.contracts import column_names, keys, servers
from dataplatform.contracts import columns as declared
from dataplatform.contracts.document import Document, Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.contracts.model import Contract, ContractColumn
from dataplatform.contracts.people import contact, tags
from dataplatform.contracts.promises import role_grants, service_levels
from dataplatform.contracts.quality import table_quality
from dataplatform.contracts.references import references
from dataplatform.contracts.shape import check_shape
from dataplatform.contracts.standard import VERSIONS, check_standard
from dataplatform.errors import Problem
from dataplatform.naming import ENGINES, Watch
from dataplatform.suggestions import did_you_mean

_SCHEMA: Place = ("schema", 0)
_PROPERTIES: Place = (*_SCHEMA, "properties")
_SEMANTIC = re.compile(r"\d+\.\d+\.\d+")
_SCHEMA_PROPERTIES = ("ordering", "engine", "anomalies")
MAX_DATASET = 60
"""Characters of a dataset's name, after which tables, folders and functions are named."""


def parse(document: Document, *, strict: bool = True) -> tuple[Contract | None, list[Problem]]:
    """Read a document's meaning.

    Args:
        strict: ask also for what no table depends on: the JSON schema of ODCS, say. What was
            deployed once is read without, for what it meant.

    Returns:
        The contract, or None where a problem keeps it from being one; and every problem found.
    """
    findings = Findings(document)
    _fundamentals(findings)  # first: of two complaints about a place the first is told
    check_shape(findings)
    dataset = _dataset(findings)
    columns = declared.columns(findings, _PROPERTIES) if dataset else ()
    key = keys.primary_key(findings, _PROPERTIES, tuple(column.name for column in columns))
    partition_by = keys.partitions(findings, _PROPERTIES, columns)
    ordering, engine, anomalies = _schema_properties(findings, columns)
    quality = table_quality(findings, _SCHEMA, tuple(column.name for column in columns))
    sources = tuple(
        servers.complete_api(findings, ("servers", index), server, columns, key, ordering)
        for index, server in servers.servers(findings, ("servers",))
    )
    levels, roles = service_levels(findings), role_grants(findings)
    if strict:
        servers.check_locations(findings, ("servers",), dataset)
        check_standard(findings)
    if findings.problems or not sources:
        return None, _in_file_order(findings.told())
    data = document.data
    return (
        Contract(
            file=document.file,
            dataset=dataset,
            domain=_domain(document),
            version=data["version"],
            digest=_digest(data),
            description=_description(data),
            columns=columns,
            primary_key=key,
            ordering=ordering,
            partition_by=partition_by,
            servers=sources,
            service_levels=levels,
            roles=roles,
            engine=engine,
            anomalies=anomalies,
            table_quality=quality,
            status=str(data["status"]),
            references=references(findings, _SCHEMA),
            contact=contact(data),
            tags=tags(data),
        ),
        [],
    )


def _fundamentals(findings: Findings) -> None:
    data = findings.document.data
    if data.get("kind") != "DataContract":
        findings.add(("kind",), '"DataContract"', remedy="Write kind: DataContract.")
    if data.get("apiVersion") not in VERSIONS:
        findings.add(
            ("apiVersion",),
            f"a version of ODCS that is understood: {' or '.join(VERSIONS)}",
            remedy=f"Write apiVersion: {VERSIONS[0]}.",
        )
    if not data.get("id"):
        findings.add(
            ("id",),
            "an id that stays the same for ever, such as a UUID",
            remedy="Any text of your own will do; uuidgen prints one.",
        )
    if not _matches(_SEMANTIC, data.get("version")):
        findings.add(
            ("version",),
            "a version such as 1.0.0",
            remedy="Write three numbers: major.minor.patch.",
        )
    if not data.get("status"):
        findings.add(("status",), "a status such as active", remedy="Write status: active.")
    domain = _domain(findings.document)
    given = data.get("domain")
    if not (given is None or isinstance(given, str)):
        return  # its shape is a problem of its own
    if not column_names.NAME.fullmatch(domain):
        findings.add(
            ("domain",),
            "lower-case letters, digits and underscores",
            found=show(domain),
            remedy=f'Try "{column_names.suggestion(domain)}".',
        )


def _dataset(findings: Findings) -> str:
    schemas = findings.document.get(("schema",))
    if not isinstance(schemas, list) or not schemas or not isinstance(schemas[0], dict):
        findings.add(
            ("schema",),
            "one schema object: the dataset",
            remedy="Begin it with a dash: - name: orders, and its properties.",
        )
        return ""
    if len(schemas) > 1:
        findings.unsupported(
            ("schema", 1), "a second schema object", "Give it a contract of its own."
        )
    name = schemas[0].get("name")
    where = (*_SCHEMA, "name")
    if not isinstance(name, str) or not name:
        findings.add(where, "the dataset's name", remedy="Write name: orders.")
        return ""
    if not column_names.NAME.fullmatch(name) or len(name) > MAX_DATASET:
        findings.add(
            where,
            f"lower-case letters, digits and underscores, at most {MAX_DATASET}",
            remedy=f'Try "{column_names.suggestion(name)[:MAX_DATASET].rstrip("_")}".',
        )
    if schemas[0].get("physicalName") not in (None, name):
        findings.unsupported((*_SCHEMA, "physicalName"), "a second name", "Take it out.")
    return name


def _schema_properties(
    findings: Findings, columns: tuple[ContractColumn, ...]
) -> tuple[str, str, str]:
    """The ordering column, "" where there is none; the engine; what is held beside earlier runs."""
    place = (*_SCHEMA, "customProperties")
    ordering, engine, anomalies = "", "auto", "on"
    items = findings.document.get(place)
    for index, item in enumerate(items if isinstance(items, list) else []):
        name = item.get("property") if isinstance(item, dict) else None
        if name not in _SCHEMA_PROPERTIES:
            findings.add(
                (*place, index, "property"),
                f"a property that is understood: {', '.join(_SCHEMA_PROPERTIES)}",
                remedy=did_you_mean(name, _SCHEMA_PROPERTIES) or "Take it out.",
            )
        elif name == "ordering":
            where = (*place, index, "value")
            ordering = keys.ordering(findings, where, columns, item.get("value"))
        elif name == "anomalies":
            if findings.one_of((*place, index, "value"), Watch, "what is watched"):
                anomalies = item["value"]
        elif findings.one_of((*place, index, "value"), ENGINES, "an engine"):
            engine = item["value"]
    return ordering, engine, anomalies


def _domain(document: Document) -> str:
    """The domain that the contract names, else its folder."""
    return str(document.data.get("domain") or PurePosixPath(document.file).parent.name)


def _description(data: dict[str, Any]) -> str:
    purpose = (data.get("description") or {}).get("purpose")
    return column_names.text(data["schema"][0].get("description") or purpose)


def _digest(data: dict[str, Any]) -> str:
    """Of all but the engine, which changes no row."""
    schema = dict(data["schema"][0])
    others = [
        item for item in schema.pop("customProperties", []) if item.get("property") != "engine"
    ]
    schema |= {"customProperties": others} if others else {}
    meaning = json.dumps({**data, "schema": [schema]}, sort_keys=True, default=str)
    return hashlib.sha256(meaning.encode()).hexdigest()


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _in_file_order(problems: list[Problem]) -> list[Problem]:
    """By line; a place with two complaints of the same field keeps the first, more telling one."""
    first: dict[tuple[int | None, str], Problem] = {}
    for problem in problems:
        kept = first.get((problem.line, problem.field))
        if kept is None or (not kept.remedy and problem.remedy):
            first[problem.line, problem.field] = problem
    return sorted(first.values(), key=lambda problem: (problem.line or 0, problem.field))
