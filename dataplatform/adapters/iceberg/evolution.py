"""One table brought to its definition in one commit, without rewriting a file.

Iceberg knows columns by number: a renamed one is read from old files by its number, one that is
added is null there, one that is dropped is passed over. New files are laid out by the new
partition, old ones stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.types import IcebergType, ListType, NestedField, PrimitiveType, StructType

from dataplatform.adapters.iceberg.changes import Change, Kind
from dataplatform.adapters.iceberg.commits import until_first, without_retries
from dataplatform.adapters.iceberg.definitions import Nature, TableDefinition
from dataplatform.adapters.iceberg.matching import Matching, ids_property
from dataplatform.adapters.iceberg.order import moves_to_order
from dataplatform.adapters.iceberg.refusals import ever_partitioned
from dataplatform.adapters.iceberg.types import column_type, iceberg_type
from dataplatform.contracts.differences.widening import widens
from dataplatform.contracts.nesting import element_of, fields_of, part_path
from dataplatform.plans.model import Column

_Step = Callable[[UpdateSchema], object]


def evolve(table: Table, definition: TableDefinition, *, going_back: bool = False) -> list[Change]:
    """Apply what `refusals` doesn't name; what was done.

    A writer that commits meanwhile comes first: then all is compared and tried again.

    Args:
        going_back: the definition was in force before. What has since come to the table stays: a
            contract's column that it doesn't know, and its type that is wider than it asks for.
    """

    def attempt() -> list[Change]:
        evolution = _Evolution(table, definition, going_back=going_back)
        without_retries(table)
        with table.transaction() as transaction:
            return evolution.apply(transaction)

    return until_first(attempt, when_overtaken=table.refresh)


class _Evolution:
    def __init__(self, table: Table, definition: TableDefinition, *, going_back: bool) -> None:
        self._table = table
        self._definition = definition
        self._going_back = going_back
        self._fixed = ever_partitioned(table)
        self._matching = Matching.of(table, definition)
        self._properties = dict(table.properties)

    def apply(self, transaction: Transaction) -> list[Change]:
        alterations = list(self._alterations())
        if alterations:
            with transaction.update_schema() as update:
                for _, step in alterations:
                    step(update)
        return [
            *(change for change, _ in alterations),
            *self._additions(transaction),
            *self._partition(transaction),
            *self._settings(transaction),
        ]

    def _change(self, kind: Kind, column: str = "", detail: str = "") -> Change:
        return Change(table=self._definition.name, kind=kind, column=column, detail=detail)

    def _alterations(self) -> Iterator[tuple[Change, _Step]]:
        """What becomes of the fields that are there; PyIceberg takes their names of before."""
        yield from self._gone()
        for column, field in self._matching.pairs:
            if field is None:
                continue
            if self._made_anew(column, field):
                detail = f"{field.field_type} by {column.type}"
                yield self._change("replace", column.name, detail), _replacement(column, field)
            else:
                yield from self._altered(column, field)

    def _gone(self) -> Iterator[tuple[Change, _Step]]:
        """Columns that the definition doesn't know: dropped, or kept out of a name's way."""
        nature = self._definition.nature
        # A model's column is computed again when it is wanted again, and its writers give no other.
        dropped = nature is Nature.MODEL or (nature is Nature.CONTRACT and not self._going_back)
        wanted = {column.name for column in self._definition.columns}
        for field in self._matching.gone:
            if dropped and field.field_id not in self._fixed:
                yield self._change("drop", field.name), _deletion(field)
            elif field.name in wanted:  # another column has been renamed to its name
                aside = f"_was_{field.name}_{field.field_id}"
                yield self._change("rename", field.name, f"to {aside}"), _renaming(field, aside)

    def _made_anew(self, column: Column, field: NestedField) -> bool:
        """Whether a model's column has a type as which its old files can't be read."""
        old = column_type(field.field_type)
        if self._definition.nature is not Nature.MODEL or old == column.type:
            return False
        if widens(old, column.type):
            return False
        return column.name not in self._definition.key and field.field_id not in self._fixed

    def _altered(self, column: Column, field: NestedField) -> Iterator[tuple[Change, _Step]]:
        name = field.name
        if field.name != column.name:
            yield (
                self._change("rename", name, f"to {column.name}"),
                _renaming(field, column.name),
            )
        if widens(column_type(field.field_type), column.type):
            yield from self._grown((name,), column.name, field.field_type, column.type)
        if field.required and not column.required:
            yield (
                self._change("relax", column.name),
                lambda update: update.make_column_optional(name),
            )
        if column.description and field.doc != column.description:
            yield (
                self._change("describe", column.name),
                lambda update: update.update_column(name, doc=column.description),
            )

    def _grown(
        self, place: tuple[str, ...], shown: str, old: IcebergType, new: str
    ) -> Iterator[tuple[Change, _Step]]:
        """A wider type, and in an object or array each field that is new or wider.

        Args:
            place: its name, and those of the fields that it is in, as PyIceberg takes them.
            shown: the same as the contract's reader knows it.
        """
        if isinstance(old, ListType):
            within = part_path(shown, new, "")
            element = (*place, "element")
            yield from self._grown(element, within, old.element_type, element_of(new))
        elif isinstance(old, StructType):
            known = {field.name: field.field_type for field in old.fields}
            for name, kind in fields_of(new):
                inner, within = (*place, name), part_path(shown, new, name)
                if name in known:
                    yield from self._grown(inner, within, known[name], kind)
                else:
                    yield self._change("add", within, kind), _nested_addition(inner, kind)
        elif column_type(old) != new:
            detail = f"{old} to {iceberg_type(new)}"
            yield self._change("widen", shown, detail), _widening(place, new)

    def _additions(self, transaction: Transaction) -> list[Change]:
        """New columns, whose names may have been others' until now; and all in their places."""
        new = [column for column, field in self._matching.pairs if field is None]
        if new:
            with transaction.update_schema() as update:
                for column in new:
                    _addition(column)(update)
        moves = moves_to_order(transaction.table_metadata.schema(), self._definition.columns)
        if moves:
            with transaction.update_schema() as update:
                for place, behind in moves:
                    update.move_after(place, behind)
        # A column that is added has to be put in its place: that isn't worth a line of its own.
        added = [self._change("add", column.name, column.type) for column in new]
        return added or [self._change("order")] * bool(moves)

    def _partition(self, transaction: Transaction) -> list[Change]:
        metadata = transaction.table_metadata
        now = partition_columns(metadata.spec(), metadata.schema())
        wanted = self._definition.partition
        if now == wanted:
            return []
        with transaction.update_spec() as update:
            for field in metadata.spec().fields:
                update.remove_field(field.name)
            for name in wanted:
                update.add_identity(name)
        detail = f"by {', '.join(wanted) or 'nothing'}, before by {', '.join(now) or 'nothing'}"
        return [self._change("partition", detail=detail)]

    def _settings(self, transaction: Transaction) -> list[Change]:
        schema = transaction.table_metadata.schema()
        wanted = {**self._definition.properties, **ids_property(self._definition, schema)}
        settings = {
            name: value
            for name, value in wanted.items()
            if name != "format-version" and self._properties.get(name) != value
        }
        if not settings:
            return []
        transaction.set_properties(settings)
        return [self._change("settings", detail=", ".join(sorted(settings)))]


def partition_columns(spec: PartitionSpec, schema: Schema) -> tuple[str, ...]:
    """The columns whose values split files, by their names of now."""
    return tuple(schema.find_field(field.source_id).name for field in spec.fields)


def _addition(column: Column) -> _Step:
    # Old rows lack it; that new ones have it is checked on the way to silver.
    kind, doc = iceberg_type(column.type), column.description or None
    return lambda update: update.add_column(column.name, kind, doc=doc)


def _nested_addition(place: tuple[str, ...], kind: str) -> _Step:
    return lambda update: update.add_column(place, iceberg_type(kind))


def _widening(place: tuple[str, ...], kind: str) -> _Step:
    new = iceberg_type(kind)
    assert isinstance(new, PrimitiveType)
    return lambda update: update.update_column(place, field_type=new)


def _replacement(column: Column, field: NestedField) -> _Step:
    def step(update: UpdateSchema) -> None:
        update.delete_column(field.name)
        _addition(column)(update)

    return step


def _deletion(field: NestedField) -> _Step:
    return lambda update: update.delete_column(field.name)


def _renaming(field: NestedField, name: str) -> _Step:
    return lambda update: update.rename_column(field.name, name)
