"""Differences that must not be deployed as they are, each a problem with file, line and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from dataplatform.contracts.differences.datasets import Changed
from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.contracts.document import Document, Place, read
from dataplatform.contracts.versions import next_major
from dataplatform.errors import Problem


def problems(root: Path, changes: Iterable[Changed]) -> Iterator[Problem]:
    """Of breaking changes that no major version announces, and of those that no table can follow.

    Args:
        root: the project, whose contracts are the newer ones.
    """
    for change in changes:
        if change.after is None:
            yield from _gone(change)
            continue
        document = read(root / change.file, change.file)
        if change.goes_back:
            yield _problem(
                document,
                ("version",),
                "version",
                found=f"{change.after.version}, before {_version(change)}",
                expected="a version that isn't lower",
                remedy="Tables and readers know the higher one.",
            )
        for difference in change.differences:
            found = _problem_of(document, change, difference)
            if found is not None:
                yield found


def _problem_of(document: Document, change: Changed, difference: Difference) -> Problem | None:
    assert change.after is not None
    place = _place(document, difference.column)
    label = ".".join(p for p in ("schema", change.dataset, difference.column) if p)
    if difference.remedy:
        return _problem(
            document,
            place,
            label,
            found=f"{difference.what}: {difference.why}",
            expected="what tables that stand can follow, whatever the version",
            remedy=difference.remedy,
        )
    if difference.weight < Weight.BREAKING or change.announced:
        return None
    return _problem(
        document,
        place,
        label,
        found=f"{difference.what}, and version {change.after.version}",
        expected=f"a higher major version than {_version(change)}: who reads it must change",
        remedy=" ".join(
            filter(
                None,
                (
                    difference.hint,
                    f"Set version: {next_major(_version(change))}, or keep what was there.",
                ),
            )
        ),
    )


def _gone(change: Changed) -> Iterator[Problem]:
    if not change.announced:
        yield Problem(
            file=change.file,
            line=None,
            field="status",
            found="the contract is gone, and was never deprecated",
            expected="status: deprecated in the version before",
            remedy="Deploy it with status: deprecated first, so that its readers know.",
        )


def _version(change: Changed) -> str:
    assert change.before is not None
    return change.before.version


def _place(document: Document, column: str) -> Place:
    """Where a column stands; the version where it is gone, or where it is about the dataset."""
    listed = document.get(("schema", 0, "properties")) or []
    for index, spec in enumerate(listed):
        if column and isinstance(spec, dict) and spec.get("name") == column:
            return ("schema", 0, "properties", index, "name")
    return ("version",)


def _problem(
    document: Document, place: Place, field: str, *, found: str, expected: str, remedy: str
) -> Problem:
    return Problem(
        file=document.file,
        line=document.line(place),
        field=field,
        found=found,
        expected=expected,
        remedy=remedy,
    )
