"""`relationships`: columns whose values are those of another dataset's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.model import Contract, Reference
from dataplatform.errors import Problem
from dataplatform.suggestions import did_you_mean

_SHORT = re.compile(r"(?P<dataset>[A-Za-z_][A-Za-z0-9_-]*)\.(?P<column>[A-Za-z_][A-Za-z0-9_-]*)")
_WHOLE = {"int", "bigint"}


def references(findings: Findings, schema: Place) -> tuple[Reference, ...]:
    """Those of the schema object at `schema` and of its properties, as far as they are written
    `dataset.column`; other forms, which name ids, are for people."""
    return tuple(
        reference
        for place, column, item in _relationships(findings, schema)
        for reference in _read(findings, place, column, item)
    )


def reference_problems(contracts: Sequence[Contract]) -> Iterator[Problem]:
    """References of a project's contracts that lead nowhere, or to values of another type."""
    known = {contract.dataset: contract for contract in contracts}
    for contract in contracts:
        for reference in contract.references:
            problem = _problem(contract, reference, known)
            if problem is not None:
                yield problem


def _relationships(
    findings: Findings, schema: Place
) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """Each with the column that it stands at; "" at the schema object."""
    columns = findings.document.get((*schema, "properties"))
    places = [(schema, "")]
    for index, spec in enumerate(columns if isinstance(columns, list) else []):
        if isinstance(spec, dict):
            places.append(((*schema, "properties", index), str(spec.get("name") or "")))
    for place, column in places:
        listed = findings.document.get((*place, "relationships"))
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(item, dict):
                yield (*place, "relationships", index), column, item


def _read(
    findings: Findings, place: Place, column: str, item: dict[str, Any]
) -> Iterator[Reference]:
    own = [column] if column else [_column(name) for name in _listed(item.get("from"))]
    there = _listed(item.get("to"))
    if len(own) != len(there):
        return  # the standard's schema says what it has to be
    where = (*place, "to")
    for name, to in zip(own, there, strict=True):
        found = _SHORT.fullmatch(to)
        if found and name:
            yield Reference(
                column=name,
                dataset=found["dataset"],
                to=found["column"],
                field=findings.document.label(where),
                line=findings.document.line(where),
            )


def _problem(
    contract: Contract, reference: Reference, known: dict[str, Contract]
) -> Problem | None:
    other = known.get(reference.dataset)
    own = {column.name: column.type for column in contract.columns}
    if other is None:
        found = f'no dataset "{reference.dataset}"'
        expected, remedy = "a dataset of this project", did_you_mean(reference.dataset, known)
    elif reference.to not in (types := {c.name: c.type for c in other.columns}):
        found = f'no column "{reference.to}"'
        expected, remedy = f"a column of {other.dataset}", did_you_mean(reference.to, types)
    elif reference.column not in own:
        found = f'no column "{reference.column}"'
        expected, remedy = f"a column of {contract.dataset}", did_you_mean(reference.column, own)
    elif not _alike(own[reference.column], types[reference.to]):
        found = f"{reference.dataset}.{reference.to} is {types[reference.to]}"
        expected = f"the type of {reference.column}, {own[reference.column]}"
        remedy = "Values of two types are never found in each other."
    else:
        return None
    return Problem(
        file=contract.file,
        line=reference.line,
        field=reference.field,
        found=found,
        expected=expected,
        remedy=remedy or "Write dataset.column, or take it out.",
    )


def _alike(one: str, other: str) -> bool:
    return one == other or {one, other} <= _WHOLE


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return items if all(isinstance(item, str) for item in items) else []


def _column(name: str) -> str:
    """`orders.order_id` is a column of the contract's own table, as `order_id` is."""
    return name.rpartition(".")[2]
