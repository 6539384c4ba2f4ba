"""The columns of a contract's one schema object, its key and its partitions."""

from __future__ import annotations

from typing import Any

from dataplatform.contracts.column_names import column_id, column_name, source_field, text
from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, did_you_mean, show
from dataplatform.contracts.model import ContractColumn, Quality, Rule
from dataplatform.contracts.nesting import MAX_LEVELS, is_nested, kind_in_words
from dataplatform.contracts.quality import column_quality
from dataplatform.contracts.rules import column_rules
from dataplatform.contracts.sensitivity import CLASSIFICATIONS, strictest
from dataplatform.contracts.types import column_type

_PARTITION_TYPES = ("string", "int", "bigint", "date", "boolean")
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


def primary_key(findings: Findings, place: Place, known: tuple[str, ...]) -> tuple[str, ...]:
    """The key's columns in the order of `primaryKeyPosition`, else of the contract."""
    specs = [s for s in findings.document.get(place) or [] if isinstance(s, dict)]
    for index, spec in enumerate(specs):
        if spec.get("primaryKey") is True:
            if spec.get("required") is not True:
                findings.add(
                    (*place, index, "primaryKey"),
                    "required: true beside primaryKey: true",
                    found="a key column that may be missing",
                    remedy="Without its key a record can't be found again.",
                )
            if spec.get("logicalType") == "number":
                findings.unsupported(
                    (*place, index, "primaryKey"), "a fractional number as key", "Use an integer."
                )
        elif spec.get("unique") is True:
            findings.unsupported(
                (*place, index, "unique"), "unique beside the primary key", "Take it out."
            )
    return _in_order(findings, place, known, "primaryKey", "primaryKeyPosition")


def partitions(
    findings: Findings, place: Place, declared: tuple[ContractColumn, ...]
) -> tuple[str, ...]:
    """Columns by whose values the lake's files are split."""
    known = tuple(column.name for column in declared)
    chosen = _in_order(findings, place, known, "partitioned", "partitionKeyPosition")
    for column in declared:
        if column.name in chosen and column.type not in _PARTITION_TYPES:
            findings.unsupported(
                (*place, _index(findings, place, column.name), "partitioned"),
                f"a partition by {kind_in_words(column.type)}",
                f"Partition by one of {', '.join(_PARTITION_TYPES)}: few values, many rows each.",
            )
    return chosen


def ordering(
    findings: Findings, place: Place, declared: tuple[ContractColumn, ...], name: Any
) -> str:
    """The ordering column that `place` names, checked; "" where there is none."""
    names = [column.name for column in declared]
    if not names:
        return ""  # which is a problem already noted
    if name not in names:
        findings.add(
            place,
            f"a column of this contract: {', '.join(names)}",
            remedy=did_you_mean(name, names) or "Name the column that tells a newer row.",
        )
        return ""
    column = next(column for column in declared if column.name == name)
    if column.type in ("boolean", "string") or is_nested(column.type):
        said = kind_in_words(column.type) if column.parts else f"a {column.type}"
        findings.add(
            place,
            "a timestamp, date or number",
            found=f"{show(name)}, {said}",
            remedy="The ordering column tells which of two rows of a key is newer.",
        )
    if not column.required:
        findings.add(
            place,
            f"required: true on {name}",
            found=f"{show(name)}, which may be missing",
            remedy="A row without it is neither newer nor older than another.",
        )
    return column.name


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
                (*where, _index(findings, where, part.name)),
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


def _in_order(
    findings: Findings, place: Place, known: tuple[str, ...], flag: str, position: str
) -> tuple[str, ...]:
    chosen: list[tuple[int, int, str]] = []
    for index, spec in enumerate(findings.document.get(place) or []):
        if not isinstance(spec, dict):
            continue
        at = spec.get(position)
        given = at if isinstance(at, int) and at >= 1 else None
        if spec.get(flag) is True and spec.get("name") in known:
            last = len(known) if given is None else given
            chosen.append((last, index, str(spec["name"])))
        elif given and spec.get(flag) is not True:
            findings.add(
                (*place, index, position),
                f"{flag}: true beside {position}",
                remedy=f"Write {flag}: true, or take {position} out.",
            )
    positions = [at for at, _, _ in chosen if at < len(known)]
    if len(set(positions)) < len(positions):
        findings.add(
            place,
            "different positions",
            found=f"two columns with the same {position}",
            remedy="Count them: 1, 2, 3.",
        )
    return tuple(name for _, _, name in sorted(chosen))


def _index(findings: Findings, place: Place, name: str) -> int:
    specs = findings.document.get(place)
    return next(i for i, spec in enumerate(specs) if spec.get("name") == name)
