"""Gold models on DuckDB: computed from the tables' files, compared, exported and published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pyiceberg.expressions import (
    And,
    BooleanExpression,
    GreaterThan,
    GreaterThanOrEqual,
    LessThanOrEqual,
)
from pyiceberg.manifest import DataFile

from dataplatform.adapters.s3_objects import s3
from dataplatform.duckdb_engine import gold_sql
from dataplatform.duckdb_engine.engine import Engine, too_large
from dataplatform.duckdb_engine.gold_tables import GoldTable
from dataplatform.duckdb_engine.sql import duckdb_type, quoted
from dataplatform.duckdb_engine.tables import Snapshot
from dataplatform.gold.builder import Told
from dataplatform.gold.due import ChangedRows, tables_of
from dataplatform.gold.keys import key_refused
from dataplatform.gold.records import DELETE, INSERT, UPDATE, Counts, ExportedFile
from dataplatform.naming import SilverColumn, Zone, changes_table
from dataplatform.plans.model import GoldModel, PlatformPlan, fill

_CHANGED: Final = "weir_changed"
_OPENED_AT_ONCE: Final = 8


@dataclass(frozen=True)
class DuckdbChanges:
    """Changed rows of a model, in the engine's memory or on its disk.

    current: the table's files by their numbers in the engine.
    """

    engine: Engine
    model: GoldModel
    gold: DuckdbGold
    current: Mapping[int, DataFile]
    counts: Counts

    def require_unique(self) -> None:
        """Refuse rows that share a key, or have none.

        Raises:
            AuditFailed: with one such key.
        """
        for *values, found in self.engine.rows(gold_sql.shared_keys(self.model)):
            raise key_refused(self.model, found, values)

    def publish(self, changes: str, told: Told) -> None:
        """Append to the changes table, and meanwhile write what stands in place of old files.

        The commit of those, by way of the audit branch, is prepared beside the append's: only the
        catalogue is told of one after the other.
        """
        table, appended = self.gold.table(self.model.table), self.gold.table(changes)
        export = appended.written(self.engine, gold_sql.exported(self.model))
        snapshot = appended.next_snapshot()
        exported = [ExportedFile(f.file_path, f.file_size_in_bytes) for f in export.files]
        counts = self.counts
        with ThreadPoolExecutor(2, thread_name_prefix="export") as threads:
            properties = threads.submit(told, snapshot, exported)
            appending = threads.submit(
                appended.append, export.files, snapshot, arriving=export.arriving
            )
            removed = [self.current[number] for (number,) in self.engine.rows(gold_sql.touched())]
            written = table.written(self.engine, gold_sql.rewritten(self.model))
            table.publish(
                added=written.files,
                removed=removed,
                properties=properties.result(),
                expected_rows=lambda before: before + counts.inserted - counts.deleted,
                arriving=(*written.arriving, appending),
            )


@dataclass(frozen=True, kw_only=True)
class DuckdbGold:
    """The gold engine of one call of a function, which holds the pipeline's lease meanwhile.

    memory, storage: bytes that the function has.
    limit: bytes of data files that one model may read.
    """

    plan: PlatformPlan
    memory: int
    storage: int
    limit: int
    opened: dict[str, GoldTable] = field(default_factory=dict)
    """Tables as this call found or made them: nobody else changes their rows meanwhile."""

    def table(self, name: str) -> GoldTable:
        """A table by `database.name`."""
        if name not in self.opened:
            self.opened[name] = GoldTable.open(name)
        return self.opened[name]

    def _open(self, names: Sequence[str]) -> None:
        """Open tables side by side."""
        wanted = [name for name in dict.fromkeys(names) if name not in self.opened]
        with ThreadPoolExecutor(_OPENED_AT_ONCE, thread_name_prefix="open") as threads:
            self.opened.update(zip(wanted, threads.map(GoldTable.open, wanted), strict=True))

    def inputs(self, sql: str) -> list[str]:
        """The tables that a model's SQL names, by `database.name`."""
        plan = self.plan
        return [
            plan.dataset(name).silver_table if zone == Zone.SILVER else plan.model(name).table
            for zone, name in tables_of(sql)
        ]

    def snapshots(self, table: str) -> Sequence[Snapshot]:
        """Published snapshots, newest first."""
        return self.table(table).snapshots()

    def rows(self, table: str) -> int:
        """Rows that readers see."""
        return self.table(table).count()

    @contextmanager
    def changes(self, model: GoldModel, changed: ChangedRows | None) -> Iterator[DuckdbChanges]:
        """Compute the model and compare it with its table; `changed` as in `GoldEngine`.

        Raises:
            TooLarge: more to read than the limit, or more to hold than memory and disk.
        """
        sql = model.duckdb.sql if changed else model.duckdb.full_sql
        with Engine(memory=self.memory, storage=self.storage) as engine:
            self._open((*self.inputs(sql), model.table, changes_table(model.table)))
            reader = _Reader(self, engine)
            if changed:
                reader.changed(changed)
            reader.inputs(sql)
            views = {f"{zone}.{name}": quoted(f"{zone}.{name}") for zone, name in tables_of(sql)}
            target = self.table(model.table)
            types = {c.name: duckdb_type(target.type_of(c.name)) for c in model.columns}
            engine.execute(gold_sql.fresh(fill(sql, changed=_CHANGED, **views), types))
            current = reader.current(model, target, whole=changed is None)
            engine.execute(gold_sql.compare(model, whole=changed is None))
            found = dict(engine.rows(gold_sql.counts()))
            counts = Counts(found.get(INSERT, 0), found.get(UPDATE, 0), found.get(DELETE, 0))
            yield DuckdbChanges(engine, model, self, current, counts)

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        s3().put_object(Bucket=bucket, Key=key, Body=body)


@dataclass
class _Reader:
    """Lays views over what one model reads, and counts the bytes."""

    gold: DuckdbGold
    engine: Engine
    bytes: int = 0

    def changed(self, changed: ChangedRows) -> None:
        """The changed rows; files without any are left where they are."""
        table = self.gold.table(changed.table)
        if changed.sequence is None:
            self._view(table, _CHANGED, table.appended_after(changed.snapshot))
            return
        sequence = SilverColumn.SEQUENCE.value
        files = table.files(_where(GreaterThan, sequence, changed.sequence))
        self._view(table, "weir_changed_files", files)
        self.engine.execute(
            f"CREATE TEMP VIEW {_CHANGED} AS SELECT * FROM weir_changed_files "
            f"WHERE {sequence} > {changed.sequence}"
        )

    def inputs(self, sql: str) -> None:
        """Every table that the SQL names, whole."""
        for (zone, name), place in zip(tables_of(sql), self.gold.inputs(sql), strict=True):
            table = self.gold.table(place)
            self._view(table, f"{zone}.{name}", table.files())

    def current(self, model: GoldModel, target: GoldTable, *, whole: bool) -> dict[int, DataFile]:
        """The model's table: whole, or the files that may hold a key of the fresh rows."""
        files = target.files() if whole else self._near(model, target)
        return self._view(target, gold_sql.CURRENT, files, with_places=True)

    def _near(self, model: GoldModel, target: GoldTable) -> list[DataFile]:
        (ends,) = self.engine.rows(gold_sql.bounds(model))
        if None in ends:  # no fresh row, or a key that is missing, which is refused later
            return []
        near: list[BooleanExpression] = []
        for name, least, greatest in zip(model.key, ends[::2], ends[1::2], strict=True):
            near.append(_where(GreaterThanOrEqual, name, least))
            near.append(_where(LessThanOrEqual, name, greatest))
        return target.files(And(*near))

    def _view(
        self, table: GoldTable, name: str, files: Sequence[DataFile], *, with_places: bool = False
    ) -> dict[int, DataFile]:
        self.bytes += sum(file.file_size_in_bytes for file in files)
        if self.bytes > self.gold.limit:
            raise too_large(f"more than {self.gold.limit >> 20} MiB to read, with {table.name}")
        return table.view(self.engine, name, files, with_places=with_places)


def _where(comparison: Any, column: str, value: object) -> BooleanExpression:
    """A comparison of PyIceberg's, which takes more than its types say."""
    found: BooleanExpression = comparison(column, value)
    return found
