"""A shape held against a contract's columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from dataplatform.drift.encoding import wrongly_read
from dataplatform.drift.model import Drift, Kind
from dataplatform.drift.nested import text_of, unknown_fields
from dataplatform.drift.shape import SampledColumn, Shape
from dataplatform.drift.values import (
    fits_as,
    form,
    narrowest,
    narrowest_whole,
    narrowest_within,
    taken_as,
)
from dataplatform.naming import RECEIVED_AT
from dataplatform.parsing.csv_form import SEPARATORS, other_separator
from dataplatform.plans.model import STREAM, Column, SilverPlan

EVIDENCE: Final = 20
"""Values that a sample must hold before they say anything of their column's type; of fewer, each is
the quarantine's work, from which it comes back by a replay."""

FEW_RECORDS: Final = 2
"""Records of JSON that must all lack a column before it is missing from the object."""

ALIKE: Final = 0.6
"""How much alike names must be (difflib's ratio) for one to look like the other, renamed."""

VERY_ALIKE: Final = 0.8
"""The same, where nothing but the names speaks for it."""


def compare(shape: Shape, plan: SilverPlan) -> tuple[Drift, ...]:
    """What differs, in the contract's order; new columns come last, in the source's order.

    A column that no record of JSON has is missing only where a record needs it: absent is null.
    What a header lacks is always told, and breaks where a record needs it.
    """
    if encoded := wrongly_read(shape, plan):
        return (encoded,)
    observed = {column.name: column for column in shape.columns}
    known = {*plan.fields, *((RECEIVED_AT,) if plan.source.kind == STREAM else ())}
    # A column without a name is kept as the others are, but no contract could ever name it.
    new = [column for column in shape.columns if column.name and column.name not in known]
    missing = [column for column in plan.columns if source_name(column) not in observed]
    strange = plan.columns and len(missing) == len(plan.columns)
    if shape.declared and strange:
        # Of two columns `id;name` looks like one of them: what separates them is asked first.
        if separated := _separated(shape, plan):
            return (separated,)
        if not _any_alike(missing, new):
            return (_no_header(len(shape.columns), plan),)
    renamed = _renamed(shape, plan, missing, new)
    taken = {column.name for column in renamed.values()}
    found: list[Drift] = []
    for column in plan.columns:
        if column.name in renamed:
            found.append(_rename(shape, plan, column, renamed[column.name]))
        elif source_name(column) not in observed:
            if _is_missing(shape, plan, column):
                found.append(_missing(plan, column))
        elif drift := _retyped(plan, column, observed[source_name(column)]):
            found.append(drift)
        else:
            found += _within(plan, column, observed[source_name(column)])
    found += [_new(plan, column) for column in new if column.name not in taken]
    return tuple(found)


def source_name(column: Column) -> str:
    """What a source calls a column."""
    return column.field or column.name


def takes_in_order(plan: SilverPlan) -> bool:
    """Whether a dataset's objects can't overtake each other: nothing but their arrival tells which
    row of a key is the newer one.
    """
    return bool(plan.primary_key) and not plan.ordering


def _needed(plan: SilverPlan, column: Column) -> bool:
    named = (*plan.primary_key, plan.ordering)
    return column.required or column.name in named


def _is_missing(shape: Shape, plan: SilverPlan, column: Column) -> bool:
    return shape.declared or (shape.records >= FEW_RECORDS and _needed(plan, column))


def _renamed(
    shape: Shape, plan: SilverPlan, missing: Sequence[Column], new: Sequence[SampledColumn]
) -> dict[str, SampledColumn]:
    """By the contract's name, the new column that each missing one looks like: the likest first."""
    likely = sorted(
        (
            (-likeness, column.name, candidate.name, candidate)
            for column in missing
            for candidate in new
            if (likeness := _likeness(shape, plan, column, candidate))
        ),
        key=lambda pair: pair[:3],
    )
    found: dict[str, SampledColumn] = {}
    taken: set[str] = set()
    for _, name, other, candidate in likely:
        if name not in found and other not in taken:
            found[name] = candidate
            taken.add(other)
    return found


def _likeness(shape: Shape, plan: SilverPlan, column: Column, candidate: SampledColumn) -> float:
    """How much a new column looks like a missing one: 0 where it doesn't, to 2."""
    fitting = sum(fits_as(value, column.type, column.format) for value in candidate.values)
    if 2 * fitting < len(candidate.values):
        return 0.0
    alike = _alike(source_name(column), candidate.name)
    if not shape.declared and not _needed(plan, column):
        return alike if alike >= VERY_ALIKE else 0.0
    same_place = _same_place(shape, plan, source_name(column), candidate.name)
    return alike + same_place if alike >= ALIKE or same_place else 0.0


def _same_place(shape: Shape, plan: SilverPlan, column: str, candidate: str) -> bool:
    """Whether it stands before or after a column that the contract has beside the missing one."""
    contract = _neighbours(list(plan.fields), column)
    source = _neighbours(list(shape.names), candidate)
    return contract == source or any(a == b != "" for a, b in zip(contract, source, strict=True))


def _neighbours(names: list[str], name: str) -> tuple[str, str]:
    padded = ["", *names, ""]
    at = padded.index(name, 1)
    return padded[at - 1], padded[at + 1]


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, _bare(one), _bare(other)).ratio()


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _any_alike(missing: Sequence[Column], new: Sequence[SampledColumn]) -> bool:
    return any(_alike(source_name(a), b.name) >= VERY_ALIKE for a in missing for b in new)


def _separated(shape: Shape, plan: SilverPlan) -> Drift | None:
    """A header of the contract's columns that something else separates than the contract says."""
    other = other_separator(shape.names, plan.csv.delimiter)
    if not other or not set(shape.names[0].split(other)) & set(plan.fields):
        return None
    return Drift(
        kind=Kind.HEADER,
        column="",
        found=f"separated by {SEPARATORS[other]}, where the contract says "
        f"{SEPARATORS[plan.csv.delimiter]}",
        expected=SEPARATORS[plan.csv.delimiter],
        breaking=True,
        remedy=f"If all files come so, say it in the contract: servers.delimiter: {other!r}. "
        f"Else land the file again with {SEPARATORS[plan.csv.delimiter]}.",
    )


def _no_header(width: int, plan: SilverPlan) -> Drift:
    """The fields of such a first line may be a record's values, so none of them is told."""
    return Drift(
        kind=Kind.HEADER,
        column="",
        found=f"{width} field{'s' * (width != 1)} on the first line, none of them a column of the "
        "contract",
        expected=", ".join(plan.fields),
        breaking=True,
        remedy="Land the file again with a header.",
    )


def _rename(shape: Shape, plan: SilverPlan, column: Column, candidate: SampledColumn) -> Drift:
    return Drift(
        kind=Kind.RENAMED,
        column=column.name,
        found=candidate.name,
        expected=column.type,
        breaking=shape.declared or _needed(plan, column),
        remedy=f"Is {candidate.name} the column {column.name}? "
        f"Then see ./weir contracts propose {plan.dataset}, or ask the source.",
        form=_form(candidate),
    )


def _missing(plan: SilverPlan, column: Column) -> Drift:
    needed = _needed(plan, column)
    return Drift(
        kind=Kind.MISSING,
        column=column.name,
        found=source_name(column),
        expected=column.type,
        breaking=needed,
        remedy="Ask the source; if it is gone for good, take it out of the contract."
        if needed
        else "Its values are missing in what comes without it. Ask the source; if it is gone for "
        "good, take it out of the contract.",
    )


def _retyped(plan: SilverPlan, column: Column, observed: SampledColumn) -> Drift | None:
    values = observed.values
    if column.type == "string" or len(values) < EVIDENCE:
        return None
    misfits = [value for value in values if not fits_as(value, column.type, column.format)]
    if 2 * len(misfits) < len(values):
        return None
    return Drift(
        kind=Kind.RETYPED,
        column=column.name,
        found=_seen_as(column, observed),
        expected=column.type,
        breaking=len(misfits) == len(values),
        remedy=f"If the source means it: ./weir contracts propose {plan.dataset}"
        if not column.format
        else f"The contract has them written as {column.format}. Ask the source, or mend it.",
        form=form(misfits[0]),
    )


def _seen_as(column: Column, observed: SampledColumn) -> str:
    """The type of the values as they are read: what isn't in the column's format is text."""
    if not column.format:
        return narrowest_whole(observed.values)
    texts = [taken_as(value, column.type, column.format) for value in observed.values]
    return narrowest(text or "" for text in texts)


def _within(plan: SilverPlan, column: Column, observed: SampledColumn) -> list[Drift]:
    """Fields of objects that the contract doesn't know; silver leaves them out."""
    if not column.parts:
        return []
    return [
        Drift(
            kind=Kind.WITHIN,
            column=path,
            found=narrowest_within(values),
            expected="",
            breaking=False,
            remedy="Its values are kept in bronze. To have the field: "
            f"./weir contracts propose {plan.dataset}",
            form=form(text_of(values[0])),
        )
        for path, values in unknown_fields(column, observed.values).items()
    ]


def _new(plan: SilverPlan, column: SampledColumn) -> Drift:
    return Drift(
        kind=Kind.NEW,
        column=column.name,
        found=column.type,
        expected="",
        breaking=False,
        remedy="Its values are kept in bronze. To have the column: "
        f"./weir contracts propose {plan.dataset}",
        form=_form(column),
    )


def _form(column: SampledColumn) -> str:
    return form(column.values[0]) if column.values else ""
