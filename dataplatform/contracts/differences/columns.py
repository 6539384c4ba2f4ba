"""In what the columns of two versions of a contract differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.contracts.differences.rules import rule_differences
from dataplatform.contracts.differences.widening import widens
from dataplatform.contracts.model import Contract, ContractColumn
from dataplatform.contracts.nesting import element_of, kind_in_words, part_path


def paired(
    old: Contract, new: Contract
) -> list[tuple[ContractColumn | None, ContractColumn | None]]:
    """Each column beside itself: by its id where both know it, else by its name.

    In the order of the new contract, then those that are gone.
    """
    by_id = {column.id: column for column in old.columns if column.id}
    first = {c.name: by_id[c.id] for c in new.columns if c.id in by_id}
    taken = {column.name for column in first.values()}
    by_name = {column.name: column for column in old.columns if column.name not in taken}
    pairs: list[tuple[ContractColumn | None, ContractColumn | None]] = [
        (first.get(column.name) or by_name.get(column.name), column) for column in new.columns
    ]
    found = {column.name for column, _ in pairs if column is not None}
    return [*pairs, *((column, None) for column in old.columns if column.name not in found)]


def column_differences(old: Contract, new: Contract) -> Iterator[Difference]:
    """Column by column."""
    names = {column.name for column in new.columns}
    pairs = paired(old, new)
    added = {c.field or c.name: c.name for before, c in pairs if before is None and c is not None}
    for before, after in pairs:
        if before is None and after is not None:
            yield _added(after)
        elif before is not None and after is None:
            alike = added.get(before.field or before.name, "")
            yield _gone(before, old, replaced=before.name in names, alike=alike)
        elif before is not None and after is not None:
            yield from _changed(before, after)


def _added(column: ContractColumn) -> Difference:
    if column.required:
        return Difference(
            weight=Weight.COMPATIBLE,
            column=column.name,
            what=f"added, {kind_in_words(column.type)}, required",
            why="new records without it are quarantined; rows that stand have none",
        )
    return Difference(
        weight=Weight.ADDITIVE,
        column=column.name,
        what=f"added, {kind_in_words(column.type)}",
        why="rows that stand have none, until a backfill",
    )


def _gone(column: ContractColumn, old: Contract, *, replaced: bool, alike: str) -> Difference:
    """`alike`: a column that is new and reads the same field of the source; "" for none."""
    split = column.name in old.partition_by
    return Difference(
        weight=Weight.BREAKING,
        column=column.name,
        before=column.name,
        what="gone; another column has its name" if replaced else "gone",
        why="silver drops it, bronze keeps what was sent",
        remedy="Keep it, it may be optional: files of the table are split by it." if split else "",
        hint=f"If {alike} is this column, renamed: give {column.name} an id, deploy that, then "
        "rename it, and its values stay."
        if alike
        else "",
    )


def _changed(old: ContractColumn, new: ContractColumn) -> Iterator[Difference]:
    def difference(weight: Weight, what: str, why: str = "", remedy: str = "") -> Difference:
        return Difference(
            weight=weight, column=new.name, before=old.name, what=what, why=why, remedy=remedy
        )

    if old.name != new.name:
        sends = new.field or new.name
        why = f"its values stay; who reads {old.name} finds nothing; the source sends {sends}"
        yield difference(Weight.BREAKING, f"renamed from {old.name}", why)
    elif (old.field or old.name) != (new.field or new.name):
        what = f"the source calls it {new.field or new.name}, before {old.field or old.name}"
        yield difference(Weight.COMPATIBLE, what, "under its old name it lands in _extra")
    if old.parts and new.parts and bool(element_of(old.type)) == bool(element_of(new.type)):
        yield from _within(old, new)
    elif old.type != new.type:
        yield _retyped(old, new)
    for what, why in _taken(old, new):
        yield difference(Weight.COMPATIBLE, what, why)
    yield from rule_differences(old, new)
    if old.classification != new.classification:
        what = (
            f"classification {new.classification or 'none'}, before {old.classification or 'none'}"
        )
        yield difference(Weight.COMPATIBLE, what, "grants, masks and what is made from it follow")
    if (old.description, old.id) != (new.description, new.id):
        told = "description" if old.description != new.description else "id"
        yield difference(Weight.NONE, f"{told} changed")


def _taken(old: ContractColumn, new: ContractColumn) -> Iterator[tuple[str, str]]:
    """Of which values are taken, beside those that its type and its rules say: what and why."""
    if old.format != new.format:
        what = f"written as {new.format or 'usual'}, before as {old.format or 'usual'}"
        yield what, "values as they were written before are quarantined; rows that stand stay"
    if old.zone != new.zone:
        what = f"moments without a zone are of {new.zone or 'UTC'}, before of {old.zone or 'UTC'}"
        yield what, "rows that stand keep theirs, until a backfill"
    if old.required and not new.required:
        yield "may be missing now", "readers may find nulls"
    if new.required and not old.required:
        why = "new records without it are quarantined; rows that stand may have none"
        yield "is required now", why


def _within(old: ContractColumn, new: ContractColumn) -> Iterator[Difference]:
    """Of what is in a column, by path; it goes by name alone."""
    before, after = (
        {part.name: replace(part, name=part_path(c.name, c.type, part.name)) for part in c.parts}
        for c in (old, replace(new, name=old.name))
    )
    for name, part in after.items():
        if name in before:
            yield from _changed(before[name], part)
        else:
            yield _added(part)
    for part in (part for name, part in before.items() if name not in after):
        yield Difference(
            weight=Weight.BREAKING,
            column=part.name,
            before=part.name,
            what="gone",
            why="files of the table have it within a column",
            remedy="Keep it, it may be optional; or add a column of another name without it.",
        )


def _retyped(old: ContractColumn, new: ContractColumn) -> Difference:
    wider = widens(old.type, new.type)
    return Difference(
        weight=Weight.COMPATIBLE if wider else Weight.BREAKING,
        column=new.name,
        before=old.name,
        what=f"{kind_in_words(new.type)}, before {kind_in_words(old.type)}",
        why="old files are read as it" if wider else "old files can't be read as it",
        remedy="" if wider else "Add a column of another name with the new type.",
    )
