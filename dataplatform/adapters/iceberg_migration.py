"""Iceberg tables made and evolved to what the plans ask for; never dropped, never narrowed.

All tables are compared first. Where one of them can't follow its contract, none is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import NestedField

from dataplatform.adapters.iceberg_tables import KEY_PROPERTY, TableDefinition
from dataplatform.adapters.iceberg_types import iceberg_type, widens
from dataplatform.errors import InvalidContract, Problem
from dataplatform.plans.model import Column

_PARTITION_FIELD_ID = 1000
_PLANS_PROPERTY = "weir.plans"
_PLANS_KEPT = 50


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing done to a table."""

    table: str
    kind: Literal["create", "add", "widen", "relax", "describe", "order", "settings", "compaction"]
    column: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.table, self.kind, self.column, self.detail) if part)


def migrate_lake(
    catalog: Catalog, wanted: Sequence[TableDefinition], *, going_back: bool = False
) -> list[Change]:
    """Create missing tables and evolve the others; the same plan again changes nothing.

    Args:
        going_back: the plan was in force before, as in a rollback: a table that has since grown
            beyond it stays as it is, because a rollback that is refused leaves a stack stuck.

    Raises:
        InvalidContract: listing every breaking change by contract and column; nothing was changed.
    """
    found = {definition.name: _load(catalog, definition.name) for definition in wanted}
    breaking = {
        definition.name: tuple(_breaking(table, definition))
        for definition in wanted
        if (table := found[definition.name]) is not None
    }
    problems = [problem for found_there in breaking.values() for problem in found_there]
    if problems and not going_back:
        raise InvalidContract(
            problems,
            why="Rows and readers of the deployed tables would break, so no table was changed.",
        )
    changes: list[Change] = []
    for definition in wanted:
        table = found[definition.name]
        if table is None:
            changes += _create(catalog, definition)
        elif not breaking[definition.name]:
            changes += _evolve(table, definition)
    return changes


def applied_plans(catalog: Catalog, table: str) -> list[str]:
    """Digests of the plans that were in force, oldest first, as `note_plan` kept them."""
    loaded = _load(catalog, table)
    return loaded.properties.get(_PLANS_PROPERTY, "").split() if loaded else []


def note_plan(catalog: Catalog, table: str, digest: str) -> None:
    """Keep in a table's properties that a plan is in force now."""
    before = applied_plans(catalog, table)
    if before[-1:] == [digest]:
        return
    kept = [*(old for old in before if old != digest), digest][-_PLANS_KEPT:]
    with catalog.load_table(table).transaction() as transaction:
        transaction.set_properties({_PLANS_PROPERTY: " ".join(kept)})


def _load(catalog: Catalog, name: str) -> Table | None:
    try:
        return catalog.load_table(name)
    except NoSuchTableError:
        return None


def _create(catalog: Catalog, definition: TableDefinition) -> list[Change]:
    schema = Schema(
        *(
            NestedField(
                field_id=number,
                name=column.name,
                field_type=iceberg_type(column.type),
                required=column.required,
                doc=column.description or None,
            )
            for number, column in enumerate(definition.columns, start=1)
        )
    )
    spec = PartitionSpec(
        *(
            PartitionField(
                source_id=schema.find_field(name).field_id,
                field_id=_PARTITION_FIELD_ID + place,
                transform=IdentityTransform(),
                name=name,
            )
            for place, name in enumerate(definition.partition)
        )
    )
    try:
        catalog.create_table(
            definition.name,
            schema=schema,
            location=definition.location,
            partition_spec=spec,
            properties=definition.properties,
        )
    except TableAlreadyExistsError:  # another delivery of the same request was faster
        return []
    return [Change(table=definition.name, kind="create", detail=definition.location)]


def _evolve(table: Table, definition: TableDefinition) -> list[Change]:
    """Apply what isn't breaking, in at most two commits: columns, then settings."""
    changes = list(_column_changes(table, definition))
    moves = _misplaced(table, definition)
    if changes or moves:
        by_name = {column.name: column for column in definition.columns}
        with table.update_schema() as update:
            for change in changes:
                _apply(update, change.kind, by_name[change.column])
            for before, name in moves:
                update.move_after(name, before)
        # A column that is added has to be put in its place: that isn't worth a line of its own.
        if moves and all(change.kind != "add" for change in changes):
            changes.append(Change(table=definition.name, kind="order"))
    settings = {
        name: value
        for name, value in definition.properties.items()
        if name != "format-version" and table.properties.get(name) != value
    }
    if settings:
        with table.transaction() as transaction:
            transaction.set_properties(settings)
        changes.append(
            Change(table=definition.name, kind="settings", detail=", ".join(sorted(settings)))
        )
    return changes


def _apply(update: UpdateSchema, kind: str, column: Column) -> None:
    match kind:
        case "add":
            # Old rows lack it; that new ones have it is checked on the way to silver.
            doc = column.description or None
            update.add_column(column.name, iceberg_type(column.type), doc=doc)
        case "widen":
            update.update_column(column.name, iceberg_type(column.type))
        case "relax":
            update.make_column_optional(column.name)
        case "describe":
            update.update_column(column.name, doc=column.description)
        case _:
            raise AssertionError(kind)


def _misplaced(table: Table, definition: TableDefinition) -> list[tuple[str, str]]:
    """Moves (after which, what) to the plan's order: COPY takes columns by place, not by name."""
    wanted = [column.name for column in definition.columns]
    present = [name for name in table.schema().column_names if name in wanted]
    added = [name for name in wanted if name not in present]
    if [*present, *added] == wanted:
        return []
    # The first of the plan is put in place by moving the others behind it, one after the other.
    return list(pairwise(wanted))


def _column_changes(table: Table, definition: TableDefinition) -> Iterator[Change]:
    schema = table.schema()
    present = set(schema.column_names)
    for column in definition.columns:
        if column.name not in present:
            yield Change(table=definition.name, kind="add", column=column.name, detail=column.type)
            continue
        field = schema.find_field(column.name)
        new = iceberg_type(column.type)
        if field.field_type != new:
            detail = f"{field.field_type} to {new}"
            yield Change(table=definition.name, kind="widen", column=column.name, detail=detail)
        if field.required and not column.required:
            yield Change(table=definition.name, kind="relax", column=column.name)
        if column.description and field.doc != column.description:
            yield Change(table=definition.name, kind="describe", column=column.name)


def _breaking(table: Table, definition: TableDefinition) -> Iterator[Problem]:
    """What can't be done to rows that are there."""
    wanted = {column.name: column for column in definition.columns}
    for field in table.schema().fields:
        column = wanted.get(field.name)
        if column is None:
            yield _problem(
                definition,
                field.name,
                found="the column is gone from the contract",
                expected=f"{field.name}, {field.field_type}, as {definition.name} has it",
                remedy="Keep it (it may be optional); a rename is a new column beside the old one.",
            )
        elif not _readable(field.field_type, column):
            yield _problem(
                definition,
                field.name,
                found=f"type {column.type}",
                expected=f"{field.field_type} or wider, as {definition.name} has it",
                remedy="Add a column of another name with the new type.",
            )
    yield from _breaking_layout(table, definition)


def _breaking_layout(table: Table, definition: TableDefinition) -> Iterator[Problem]:
    key = table.properties.get(KEY_PROPERTY, "")
    if key != ",".join(definition.key):
        yield _problem(
            definition,
            "primaryKey",
            found=", ".join(definition.key) or "none",
            expected=f"{key or 'none'}, by which {definition.name} was merged so far",
            remedy="Declare a new dataset with the new key, and backfill it.",
        )
    parts = tuple(field.name for field in table.spec().fields)
    if parts != definition.partition:
        yield _problem(
            definition,
            "partitioned",
            found=", ".join(definition.partition) or "none",
            expected=f"{', '.join(parts) or 'none'}, by which {definition.name} is laid out",
            remedy="Declare a new dataset with the new partitions, and backfill it.",
        )


def _problem(
    definition: TableDefinition, column: str, *, found: str, expected: str, remedy: str
) -> Problem:
    return Problem(
        file=definition.owner,
        line=None,
        field=column,
        found=found,
        expected=expected,
        remedy=remedy,
    )


def _readable(old: object, column: Column) -> bool:
    new = iceberg_type(column.type)
    return old == new or widens(old, new)
