"""The columns of a contract's one schema object, its key and its partitions."""

from __future__ import annotations

import re
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, did_you_mean, show
from dataplatform.contracts.model import ContractColumn, Rule
from dataplatform.contracts.quality import column_quality
from dataplatform.contracts.rules import column_rules
from dataplatform.contracts.types import column_type
from dataplatform.parsing.model import OP_FIELD

NAME = re.compile(r"[a-z][a-z0-9_]*")
_MAX_NAME = 100
_CLASSIFICATIONS = ("public", "internal", "confidential", "restricted", "pii", "sensitive")
_PARTITION_TYPES = ("string", "int", "bigint", "date", "boolean")
_LATER = ("transformLogic", "items", "properties", "map", "encryptedName")


def columns(findings: Findings, place: Place) -> tuple[ContractColumn, ...]:
    """The columns declared at `place` (a list of ODCS properties); wrong ones are left out."""
    specs = findings.document.get(place)
    if not isinstance(specs, list) or not specs:
        findings.add(place, "a list of columns", remedy="Each needs a name and a logicalType.")
        return ()
    found: dict[str, ContractColumn] = {}
    for index, spec in enumerate(specs):
        if not isinstance(spec, dict):
            continue  # its shape is a problem already noted
        name = _name(findings, (*place, index), spec, found)
        column = _column(findings, (*place, index), spec, name)
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
                f"a partition by {column.type}",
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
    if column.type in ("boolean", "string"):
        findings.add(
            place,
            "a timestamp, date or number",
            found=f"{show(name)}, a {column.type}",
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


def _name(
    findings: Findings, place: Place, spec: dict[str, Any], found: dict[str, ContractColumn]
) -> str:
    name = spec.get("name")
    where = (*place, "name")
    if not isinstance(name, str) or not name:
        findings.add(where, "a column name", remedy="Write name: as the source calls the field.")
        return ""
    if name.startswith("_"):
        findings.add(
            where,
            "a name without leading underscore: those are the platform's own",
            remedy=f'Write name: {suggestion(name)}, physicalName: "{name}".',
        )
    elif not NAME.fullmatch(name) or len(name) > _MAX_NAME:
        findings.add(
            where,
            f"lower-case letters, digits and underscores, at most {_MAX_NAME}",
            remedy=f'Write name: {suggestion(name)}, physicalName: "{name}".',
        )
    elif name in found:
        findings.add(
            where,
            "each column once",
            found=f'"{name}" is declared twice',
            remedy="Take one of them out, or give it its own name.",
        )
        return ""
    return name


def _column(
    findings: Findings, place: Place, spec: dict[str, Any], name: str
) -> ContractColumn | None:
    for key in _LATER:
        if spec.get(key):
            findings.unsupported((*place, key), f'"{key}"', "Take it out.")
    classification = spec.get("classification") or ""
    if classification:
        findings.one_of((*place, "classification"), _CLASSIFICATIONS, "a classification")
    kind = column_type(findings, place, spec)
    if kind is None:
        return None
    asked, quality = column_quality(findings, place, spec, name, kind)
    rules = (*column_rules(findings, place, spec, kind), *asked)
    required = spec.get("required") is True or any(map(_forbids_null, rules))
    return ContractColumn(
        name=name,
        type=kind,
        required=required,
        description=text(spec.get("description")),
        classification=str(classification),
        id=_id(findings, place, spec),
        field=_field(findings, place, spec, name),
        rules=tuple(rule for rule in rules if not (required and rule.kind == "required")),
        quality=quality,
    )


def _forbids_null(rule: Rule) -> bool:
    return rule.kind == "required" and rule.severity == "error"


def _field(findings: Findings, place: Place, spec: dict[str, Any], name: str) -> str:
    """What the source calls the column; "" where that is its name."""
    given = spec.get("physicalName")
    if not isinstance(given, str):
        return ""  # none; or of a wrong shape, which is a problem already noted
    where = (*place, "physicalName")
    if not given or given == OP_FIELD:
        expected = f"the field's name in the source; {OP_FIELD} says what became of a record"
        findings.add(
            where,
            expected if given else "the field's name in the source",
            remedy="Take it out where the source has the column's name.",
        )
        return ""
    others = enumerate(findings.document.get(place[:-1]))
    same = [o for i, o in others if i != place[-1] and isinstance(o, dict) and _source(o) == given]
    if same:
        findings.add(
            where,
            "a field of its own for each column",
            found=f"{show(given)}, which column {same[0].get('name')} is taken from",
            remedy="Take one of the columns out.",
        )
    return given if given != name else ""


def _source(spec: dict[str, Any]) -> Any:
    return spec.get("physicalName") or spec.get("name")


def _id(findings: Findings, place: Place, spec: dict[str, Any]) -> str:
    """What the column is known by while its name changes; each column has one of its own."""
    given = spec.get("id")
    if not isinstance(given, str) or not given:
        return ""
    before = findings.document.get(place[:-1])[: place[-1]]
    if any(isinstance(other, dict) and other.get("id") == given for other in before):
        findings.add(
            (*place, "id"),
            "an id of its own for each column",
            found=f"{show(given)}, which another column has",
            remedy="By its id a column that is renamed is known again.",
        )
    return given


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


def suggestion(name: str) -> str:
    """The nearest name that is allowed: `SKU No.` becomes `sku_no`."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_0123456789") or "column_1"


def text(value: Any) -> str:
    """Words on one line; "" for none."""
    return " ".join(value.split()) if isinstance(value, str) else ""
