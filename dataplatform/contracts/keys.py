"""Which columns are a record's key, split the lake's files, and tell the newer of two records."""

from __future__ import annotations

from typing import Any

from dataplatform.contracts.column_names import index_of
from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.contracts.model import ContractColumn
from dataplatform.contracts.nesting import is_nested, kind_in_words
from dataplatform.suggestions import did_you_mean

_PARTITION_TYPES = ("string", "int", "bigint", "date", "boolean")


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
                (*place, index_of(findings, place, column.name), "partitioned"),
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
