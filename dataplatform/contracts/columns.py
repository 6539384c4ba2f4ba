"""The columns of a contract's one schema object, and what objects and arrays hold."""

from __future__ import annotations

from typing import Any

from dataplatform.contracts.column_names import (
    column_id,
    column_name,
    index_of,
    source_field,
    text,
)
from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.contracts.model import ContractColumn, Quality, Rule
from dataplatform.contracts.nesting import MAX_LEVELS
from dataplatform.contracts.quality import column_quality
from dataplatform.contracts.rules import column_rules
from dataplatform.contracts.sensitivity import CLASSIFICATIONS, strictest
from dataplatform.contracts.types import column_type
from dataplatform.contracts.value_formats import value_format, value_zone

_LATER = ("transformLogic", "map", "encryptedName")
_OF_COLUMNS = ("primaryKey", "unique", "partitioned")


def columns(findings: Findings, place: Place, level: int = 0) -> tuple[ContractColumn, ...]:
    """The columns declared at `place` (a list of ODCS properties); wrong ones are left out.

    Args:
        level: in how many objects and arrays they stand.
    """
    specs = findings.document.get(place)
    if not isinstance(specs, list) or not specs:
        findings.add(place, "a list of columns", remedy="Each needs a name and a logicalType.")
        return ()
    found: dict[str, ContractColumn] = {}
    for index, spec in enumerate(specs):
        if not isinstance(spec, dict):
            continue  # its shape is a problem already noted
        name = column_name(findings, (*place, index), spec, found)
        column = _column(findings, (*place, index), spec, name, level)
        if column is not None and name:
            found[name] = column
    return tuple(found.values())


def _column(
    findings: Findings, place: Place, spec: dict[str, Any], name: str, level: int
) -> ContractColumn | None:
    for key in _LATER:
        if spec.get(key):
            findings.unsupported((*place, key), f'"{key}"', "Take it out.")
    classification = spec.get("classification") or ""
    if classification:
        findings.one_of((*place, "classification"), CLASSIFICATIONS, "a classification")
    parts = _parts(findings, place, spec, level)
    kind = column_type(findings, place, spec, [(part.name, part.type) for part in parts])
    if kind is None:
        return None
    asked: tuple[Rule, ...] = ()
    quality = Quality()
    if level:
        _only_in_columns(findings, place, spec)
    else:
        asked, quality = column_quality(findings, place, spec, name, kind)
    rules = (*column_rules(findings, place, spec, kind), *asked)
    required = spec.get("required") is True or any(map(_forbids_null, rules))
    return ContractColumn(
        name=name,
        type=kind,
        required=required,
        description=text(spec.get("description")),
        classification=strictest([str(classification), *(part.classification for part in parts)]),
        id=column_id(findings, place, spec),
        field=source_field(findings, place, spec, name),
        format=value_format(findings, place, spec, kind),
        zone=value_zone(findings, place, spec, kind),
        rules=tuple(rule for rule in rules if not (required and rule.kind == "required")),
        quality=quality,
        parts=parts,
    )


def _parts(
    findings: Findings, place: Place, spec: dict[str, Any], level: int
) -> tuple[ContractColumn, ...]:
    """An object's properties, an array's items; none of what is neither."""
    kind = spec.get("logicalType")
    for key, owner in (("properties", "object"), ("items", "array")):
        if spec.get(key) is not None and kind != owner:
            findings.add(
                (*place, key),
                f"{key} of logicalType {owner} alone",
                found=f"{key} of {show(kind)}",
                remedy=f"Write logicalType: {owner}, or take {key} out.",
            )
    if kind not in ("object", "array"):
        return ()
    if level >= MAX_LEVELS:
        findings.add(
            (*place, "logicalType"),
            f"at most {MAX_LEVELS} objects and arrays within each other",
            found=f"{kind} number {level + 1}",
            remedy='Declare it as "string" further up: it is kept as JSON text.',
        )
        return ()
    for key in _OF_COLUMNS:
        if spec.get(key):
            findings.unsupported((*place, key), f'"{key}" of an {kind}', "Take it out.")
    if kind == "object":
        return _properties(findings, place, spec, level)
    items = spec.get("items")
    if not isinstance(items, dict):
        findings.add(
            (*place, "items"),
            "what the array is of",
            remedy='Write items: {logicalType: string}; or declare the array as "string".',
        )
        return ()
    if items.get("name") or items.get("physicalName"):
        findings.unsupported(
            (*place, "items", "name"), "a name of an array's items", "Take it out."
        )
    element = _column(findings, (*place, "items"), items, "", level + 1)
    return () if element is None else (element,)


def _properties(
    findings: Findings, place: Place, spec: dict[str, Any], level: int
) -> tuple[ContractColumn, ...]:
    where = (*place, "properties")
    if not spec.get("properties"):
        findings.add(
            where,
            "the object's properties",
            remedy='List them; or declare it as "string", which keeps the JSON text.',
        )
        return ()
    found = columns(findings, where, level + 1)
    seen: dict[str, str] = {}
    for part in found:
        key = (part.field or part.name).lower()
        if key in seen:
            findings.add(
                (*where, index_of(findings, where, part.name)),
                "keys that differ by more than their case",
                found=f"{show(part.field or part.name)} beside {seen[key]}",
                remedy="Engines tell keys of an object apart without case: take one out.",
            )
        seen[key] = part.name
    return found


def _only_in_columns(findings: Findings, place: Place, spec: dict[str, Any]) -> None:
    """What a value within another can't be asked."""
    for key in _OF_COLUMNS:
        if spec.get(key):
            findings.unsupported((*place, key), f'"{key}" within a column', "Take it out.")
    if spec.get("quality"):
        remedy = "Take it out: required, enum and logicalTypeOptions are understood there."
        findings.unsupported((*place, "quality"), "quality within a column", remedy)


def _forbids_null(rule: Rule) -> bool:
    return rule.kind == "required" and rule.severity == "error"
