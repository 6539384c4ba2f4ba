"""What a table can't follow its definition in: for its rows' sake, or for its readers'."""

from __future__ import annotations

from collections.abc import Iterator

from pyiceberg.table import Table

from dataplatform.adapters.iceberg.definitions import (
    KEY_PROPERTY,
    ORDERING_PROPERTY,
    VERSION_PROPERTY,
    Nature,
    TableDefinition,
)
from dataplatform.adapters.iceberg.matching import Matching
from dataplatform.adapters.iceberg.types import column_type
from dataplatform.contracts.differences.widening import breaks
from dataplatform.contracts.versions import next_major, raises_major
from dataplatform.errors import Problem


def refusals(table: Table, definition: TableDefinition) -> Iterator[Problem]:
    """Every reason for which the table must stay as it is."""
    matching = Matching.of(table, definition)
    yield from _types(table, definition, matching)
    yield from _gone(table, definition, matching)
    yield from _names(table, definition, matching)
    yield from _key(table, definition, matching)
    if definition.nature is Nature.CONTRACT:
        yield from _unannounced(table, definition, matching)


def ever_partitioned(table: Table) -> set[int]:
    """Ids of the fields by which files were split at any time."""
    return {field.source_id for spec in table.metadata.partition_specs for field in spec.fields}


def _types(table: Table, definition: TableDefinition, matching: Matching) -> Iterator[Problem]:
    """Types that old files can't be read as; a model's plain column is computed anew instead."""
    fixed = ever_partitioned(table)
    for column, field in matching.pairs:
        if field is None:
            continue
        broken = list(breaks(column_type(field.field_type), column.type, column.name))
        if not broken:
            continue
        made_anew = definition.nature is Nature.MODEL and column.name not in definition.key
        if made_anew and field.field_id not in fixed:
            continue
        for path, old, new in broken:
            yield _problem(
                definition,
                path,
                found=f"type {new}" if new else _GONE.format("contract"),
                expected=f"{old} or wider, as {definition.name} has it",
                remedy="Add a column of another name with the new type."
                if new
                else "Keep it, it may be optional; or add a column of another name without it.",
            )


def _gone(table: Table, definition: TableDefinition, matching: Matching) -> Iterator[Problem]:
    if definition.nature is Nature.SENT:
        return  # bronze keeps what was ever sent
    fixed = ever_partitioned(table)
    for field in matching.gone:
        if definition.nature is Nature.PLATFORM:
            yield _gone_problem(definition, field.name, "the column, which the platform writes")
        elif field.field_id in fixed:
            yield _gone_problem(
                definition, field.name, f"{field.name}, by which files of it are or were split"
            )


def _names(table: Table, definition: TableDefinition, matching: Matching) -> Iterator[Problem]:
    """Names that Iceberg keeps for what files are split by, whatever that column is called now."""
    held = {f.name: f.source_id for spec in table.metadata.partition_specs for f in spec.fields}
    for column, field in matching.pairs:
        source = held.get(column.name)
        if source is not None and (field is None or field.field_id != source):
            yield _problem(
                definition,
                column.name,
                found="the name for another column",
                expected=f"a name of its own: files of {definition.name} are or were split by it",
                remedy="Give the column another name.",
            )


def _gone_problem(definition: TableDefinition, name: str, expected: str) -> Problem:
    return _problem(
        definition,
        name,
        found=_GONE.format("model" if definition.nature is Nature.MODEL else "contract"),
        expected=expected,
        remedy="Keep it; it may be optional.",
    )


_GONE = "the column is gone from the {}"


def _key(table: Table, definition: TableDefinition, matching: Matching) -> Iterator[Problem]:
    before = [name for name in table.properties.get(KEY_PROPERTY, "").split(",") if name]
    now = tuple(matching.renamed.get(name, name) for name in before)
    if now != definition.key:
        yield _problem(
            definition,
            "key" if definition.nature is Nature.MODEL else "primaryKey",
            found=", ".join(definition.key) or "none",
            expected=f"{', '.join(now) or 'none'}, by which {definition.name} was merged so far",
            remedy="Give the model another name: its table is then built by the new key."
            if definition.nature is Nature.MODEL
            else "Declare a new dataset with the new key, and backfill it.",
        )


def _unannounced(
    table: Table, definition: TableDefinition, matching: Matching
) -> Iterator[Problem]:
    """Changes that readers by name don't survive, without a major version that tells them so."""
    before = table.properties.get(VERSION_PROPERTY, "")
    if raises_major(before, definition.version):
        return
    fixed = ever_partitioned(table)
    for field in matching.gone:
        if field.field_id not in fixed:
            yield _silent(definition, before, field.name, _GONE.format("contract"))
    for old, new in matching.renamed.items():
        yield _silent(definition, before, old, f"the column is called {new} now")
    ordering = table.properties.get(ORDERING_PROPERTY)
    if ordering is not None and matching.renamed.get(ordering, ordering) != definition.ordering:
        found = f"{definition.ordering or 'order of arrival'}, before {ordering or 'of arrival'}"
        yield _silent(definition, before, "ordering", found)


def _silent(definition: TableDefinition, before: str, field: str, found: str) -> Problem:
    deployed = f"{before} is deployed" if before else "the deployed one isn't known"
    return _problem(
        definition,
        field,
        found=f"{found}, in version {definition.version or 'none'}",
        expected=f"a higher major version ({deployed}): readers of it break",
        remedy=f"Raise the version to {next_major(before)} when its readers know."
        if before
        else "Deploy the contract as it was once: the table then knows its version.",
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
