"""What one gold model reads: views over its inputs' files, and over what may differ of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pyiceberg.expressions import (
    And,
    BooleanExpression,
    GreaterThan,
    GreaterThanOrEqual,
    LessThanOrEqual,
)
from pyiceberg.manifest import DataFile

from dataplatform.duckdb_engine import gold_sql
from dataplatform.duckdb_engine.engine import Engine, too_large
from dataplatform.duckdb_engine.gold_tables import GoldTable, OpenTables
from dataplatform.duckdb_engine.sql import duckdb_type, quoted
from dataplatform.gold.due import ChangedRows, table_of, tables_of
from dataplatform.naming import SilverColumn, Zone
from dataplatform.plans.model import GoldModel, PlatformPlan, fill

_CHANGED: Final = "weir_changed"


class Reader:
    """Lays `gold_sql.FRESH` and `gold_sql.CURRENT` of one model, and counts the bytes.

    Args:
        limit: bytes of data files that it may read.
    """

    def __init__(
        self, plan: PlatformPlan, tables: OpenTables, engine: Engine, model: GoldModel, limit: int
    ) -> None:
        self._plan = plan
        self._tables = tables
        self._engine = engine
        self._model = model
        self._limit = limit
        self._bytes = 0

    def read(self, changed: ChangedRows | None) -> dict[int, DataFile]:
        """Compute the model's rows, and find those that stand with their keys.

        Args:
            changed: as in `GoldEngine.changes`.

        Returns:
            The files of its own table by their numbers in the engine: all, or where changed rows
            suffice those that may hold a key of the fresh rows.

        Raises:
            TooLarge: more to read than the limit, or than the function's disk.
        """
        sql, target = self._sql(changed), self._tables[self._model.table]
        if changed:
            self._changed(changed)
        own = (Zone.GOLD.value, self._model.name)
        named = tables_of(sql)
        for zone, name in named:
            if (zone, name) != own:
                table = self._tables[table_of(self._plan, zone, name)]
                self._view(table, f"{zone}.{name}", table.files())
        if own not in named:
            self._compute(sql, target)
            return self._current(target, whole=changed is None)
        # New rows are added to what stands. Their keys, by which that is found, don't depend on it.
        self._view(target, ".".join(own), [])
        self._compute(sql, target)
        current = self._current(target, whole=False)
        if current:
            self._engine.execute(gold_sql.own(".".join(own), target.columns))
            self._compute(sql, target)
        return current

    def _sql(self, changed: ChangedRows | None) -> str:
        return self._model.duckdb.sql if changed else self._model.duckdb.full_sql

    def _compute(self, sql: str, target: GoldTable) -> None:
        views = {f"{zone}.{name}": quoted(f"{zone}.{name}") for zone, name in tables_of(sql)}
        types = {c.name: duckdb_type(target.type_of(c.name)) for c in self._model.columns}
        self._engine.execute(gold_sql.fresh(fill(sql, changed=_CHANGED, **views), types))

    def _changed(self, changed: ChangedRows) -> None:
        """The changed rows; files without any are left where they are."""
        table = self._tables[changed.table]
        if changed.sequence is None:
            self._view(table, _CHANGED, table.appended_after(changed.snapshot))
            return
        sequence = SilverColumn.SEQUENCE.value
        files = table.files(_where(GreaterThan, sequence, changed.sequence))
        self._view(table, "weir_changed_files", files)
        self._engine.execute(
            f"CREATE TEMP VIEW {_CHANGED} AS SELECT * FROM weir_changed_files "
            f"WHERE {sequence} > {changed.sequence}"
        )

    def _current(self, target: GoldTable, *, whole: bool) -> dict[int, DataFile]:
        files = target.files() if whole else self._near(target)
        return self._view(target, gold_sql.CURRENT, files, with_places=True)

    def _near(self, target: GoldTable) -> list[DataFile]:
        """Files that may hold a key of the fresh rows."""
        (ends,) = self._engine.rows(gold_sql.bounds(self._model))
        if None in ends:  # no fresh row, or a key that is missing, which is refused later
            return []
        near: list[BooleanExpression] = []
        for name, least, greatest in zip(self._model.key, ends[::2], ends[1::2], strict=True):
            near.append(_where(GreaterThanOrEqual, name, least))
            near.append(_where(LessThanOrEqual, name, greatest))
        return target.files(And(*near))

    def _view(
        self, table: GoldTable, name: str, files: Sequence[DataFile], *, with_places: bool = False
    ) -> dict[int, DataFile]:
        self._bytes += sum(file.file_size_in_bytes for file in files)
        if self._bytes > self._limit:
            raise too_large(f"more than {self._limit >> 20} MiB to read, with {table.name}")
        return table.view(self._engine, name, files, with_places=with_places)


def _where(comparison: Any, column: str, value: object) -> BooleanExpression:
    """A comparison of PyIceberg's, which takes more than its types say."""
    found: BooleanExpression = comparison(column, value)
    return found
