"""Promises that a contract may make, and that nothing here keeps: a person is told, not refused."""

from __future__ import annotations

from typing import Final

from dataplatform.contracts.model import Contract
from dataplatform.errors import Problem

ACTED_ON: Final = ("freshness", "latency")
"""Measured where the stage has a schedule, alarmed on, and shown by `weir freshness`."""

_RETENTION: Final = (
    "It stands for people: no row and no object is deleted because of it. A row goes where its "
    "source sends a record with _op: delete."
)
_FOR_PEOPLE: Final = "It stands for people, as a description does: leave it, or take it out."


def without_effect(contract: Contract) -> list[Problem]:
    """What a contract promises and the platform only passes over, each with what that means."""
    return [*_levels(contract), *_references(contract)]


def _references(contract: Contract) -> list[Problem]:
    """A relationship is held against the other contract; what rows hold isn't asked."""
    return [
        Problem(
            file=contract.file,
            line=reference.line,
            field=reference.field,
            found=f"no row's {reference.column} is looked up in {reference.dataset}",
            expected="a column of that name and type there, which is all that is asked",
            remedy="Rows without a partner are found by a gold model of yours: a LEFT JOIN whose "
            f"{reference.to} IS NULL.",
        )
        for reference in contract.references
    ]


def _levels(contract: Contract) -> list[Problem]:
    return [
        Problem(
            file=contract.file,
            line=level.line,
            field=f"slaProperties.{level.name}",
            found=f"{level.name} has no effect here",
            expected=f"{' or '.join(ACTED_ON)}, which are measured and alarmed on",
            remedy=_RETENTION if level.name == "retention" else _FOR_PEOPLE,
        )
        for level in contract.service_levels
        if level.name not in ACTED_ON
    ]
