"""Iceberg tables made and evolved to what the plans ask for; never dropped.

All tables are compared first. Where one of them can't follow its definition, none is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import NestedField

from dataplatform.adapters.iceberg.changes import Change
from dataplatform.adapters.iceberg.definitions import TableDefinition
from dataplatform.adapters.iceberg.evolution import evolve
from dataplatform.adapters.iceberg.matching import ids_property
from dataplatform.adapters.iceberg.refusals import refusals
from dataplatform.adapters.iceberg.types import iceberg_type
from dataplatform.errors import InvalidContract

_PARTITION_FIELD_ID = 1000
_PLANS_PROPERTY = "weir.plans"
_PLANS_KEPT = 50


def migrate_lake(
    catalog: Catalog, wanted: Sequence[TableDefinition], *, going_back: bool = False
) -> list[Change]:
    """Create missing tables and evolve the others; the same plan again changes nothing.

    Args:
        going_back: the plan was in force before, as in a rollback: nothing is refused, because a
            rollback that is refused leaves a stack stuck; see `evolve`.

    Raises:
        InvalidContract: listing every breaking change by contract and column; nothing was changed.
    """
    found = _standing(catalog, wanted)
    if not going_back:
        _refuse(found, wanted)
    changes: list[Change] = []
    for definition in wanted:
        table = found[definition.name]
        if table is None:
            changes += _create(catalog, definition)
        else:
            changes += evolve(table, definition, going_back=going_back)
    return changes


def refuse(catalog: Catalog, wanted: Sequence[TableDefinition]) -> None:
    """Refuse what `migrate_lake` would refuse of a plan that isn't gone back to; nothing else.

    Raises:
        InvalidContract: as `migrate_lake`.
    """
    _refuse(_standing(catalog, wanted), wanted)


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


def _standing(catalog: Catalog, wanted: Sequence[TableDefinition]) -> dict[str, Table | None]:
    return {definition.name: _load(catalog, definition.name) for definition in wanted}


def _refuse(found: Mapping[str, Table | None], wanted: Sequence[TableDefinition]) -> None:
    problems = [
        problem
        for definition in wanted
        if (table := found[definition.name]) is not None
        for problem in refusals(table, definition)
    ]
    if problems:
        raise InvalidContract(
            problems,
            why="Rows and readers of the deployed tables would break, so no table was changed.",
        )


def _load(catalog: Catalog, name: str) -> Table | None:
    try:
        return catalog.load_table(name)
    except NoSuchTableError:
        return None


def _create(catalog: Catalog, definition: TableDefinition) -> list[Change]:
    nested = count(len(definition.columns) + 1)
    schema = Schema(
        *(
            NestedField(
                field_id=number,
                name=column.name,
                field_type=iceberg_type(column.type, nested),
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
            properties={**definition.properties, **ids_property(definition, schema)},
        )
    except TableAlreadyExistsError:  # another delivery of the same request was faster
        return []
    return [Change(table=definition.name, kind="create", detail=definition.location)]
