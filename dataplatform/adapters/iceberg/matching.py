"""Which column of a table is which of its definition: by the contract's id, else by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import NestedField

from dataplatform.adapters.iceberg.definitions import COLUMNS_PROPERTY, TableDefinition
from dataplatform.plans.model import Column


@dataclass(frozen=True)
class Matching:
    """The columns of a definition beside the fields of its table.

    pairs: each column of the definition in its order; None beside one that the table lacks.
    gone: fields that no column stands for.
    """

    pairs: tuple[tuple[Column, NestedField | None], ...]
    gone: tuple[NestedField, ...]

    @classmethod
    def of(cls, table: Table, definition: TableDefinition) -> Matching:
        """Compare a table with its definition.

        A column whose id the table knows is that field, whatever either is called now. The others
        go by name, so a table from before there were ids, or a column without one, is matched too.
        """
        fields = {field.field_id: field for field in table.schema().fields}
        known = column_ids(table)
        by_id = {
            column.name: fields[known[column.id]]
            for column in definition.columns
            if column.id and known.get(column.id) in fields
        }
        taken = {field.field_id for field in by_id.values()}
        by_name = {field.name: field for field in fields.values() if field.field_id not in taken}
        pairs = tuple(
            (column, by_id.get(column.name) or by_name.get(column.name))
            for column in definition.columns
        )
        matched = {field.field_id for _, field in pairs if field is not None}
        return cls(pairs, tuple(f for f in fields.values() if f.field_id not in matched))

    @property
    def renamed(self) -> dict[str, str]:
        """Old name -> new name of each column that changes its name."""
        return {
            field.name: column.name
            for column, field in self.pairs
            if field is not None and field.name != column.name
        }


def column_ids(table: Table) -> dict[str, int]:
    """ODCS id -> Iceberg field id of each column that has been given one."""
    known: dict[str, int] = json.loads(table.properties.get(COLUMNS_PROPERTY, "{}"))
    return known


def ids_property(definition: TableDefinition, schema: Schema) -> Mapping[str, str]:
    """The property by which the next migration knows columns; none where no column has an id."""
    ids = {c.id: schema.find_field(c.name).field_id for c in definition.columns if c.id}
    return {COLUMNS_PROPERTY: json.dumps(ids, sort_keys=True)} if ids else {}
