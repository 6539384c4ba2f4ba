"""What a contract calls a column, and what its source calls it."""

from __future__ import annotations

import re
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.contracts.model import ContractColumn
from dataplatform.contracts.spelling import snake
from dataplatform.parsing.model import OP_FIELD

NAME = re.compile(r"[a-z][a-z0-9_]*")
_MAX_NAME = 100


def column_name(
    findings: Findings, place: Place, spec: dict[str, Any], found: dict[str, ContractColumn]
) -> str:
    """A column's name, checked; "" where there is none, or another column has it.

    Args:
        found: the columns before it.
    """
    name = spec.get("name")
    where = (*place, "name")
    if not isinstance(name, str) or not name:
        findings.add(where, "a column name", remedy="Write name: as the source calls the field.")
        return ""
    if name.startswith("_"):
        findings.add(
            where,
            "a name without leading underscore: those are the platform's own",
            remedy=f'Write name: {column_called(name)}, physicalName: "{name}".',
        )
    elif not NAME.fullmatch(name) or len(name) > _MAX_NAME:
        findings.add(
            where,
            f"lower-case letters, digits and underscores, at most {_MAX_NAME}",
            remedy=f'Write name: {column_called(name)}, physicalName: "{name}".',
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


def source_field(findings: Findings, place: Place, spec: dict[str, Any], name: str) -> str:
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


def column_id(findings: Findings, place: Place, spec: dict[str, Any]) -> str:
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


def column_called(field: str) -> str:
    """The name of a column that its source calls so: `SKU No.` becomes `sku_no`."""
    return snake(field) or "column_1"


def suggestion(name: str) -> str:
    """The nearest name of a dataset or domain that is allowed: `2nd Shop` becomes `nd_shop`."""
    return snake(name).removeprefix("c_").strip("_0123456789") or "column_1"


def text(value: Any) -> str:
    """Words on one line; "" for none."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def index_of(findings: Findings, place: Place, name: str) -> int:
    """Where a column stands in the list at `place`, in which it is."""
    specs = findings.document.get(place)
    return next(i for i, spec in enumerate(specs) if spec.get("name") == name)
