"""Gold models on DuckDB: computed from the tables' files, compared, exported and published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pyiceberg.manifest import DataFile

from dataplatform.adapters.s3_objects import s3
from dataplatform.duckdb_engine import gold_sql
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.gold_reading import Reader
from dataplatform.duckdb_engine.gold_tables import OpenTables
from dataplatform.duckdb_engine.tables import Snapshot
from dataplatform.gold.due import ChangedRows
from dataplatform.gold.engine import Told
from dataplatform.gold.keys import key_refused
from dataplatform.gold.records import DELETE, INSERT, UPDATE, Counts, ExportedFile
from dataplatform.plans.model import GoldModel, PlatformPlan


@dataclass(frozen=True)
class DuckdbChanges:
    """Changed rows of a model, in the engine's memory or on its disk.

    current: the table's files by their numbers in the engine.
    """

    engine: Engine
    model: GoldModel
    tables: OpenTables
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
        table, appended = self.tables[self.model.table], self.tables[changes]
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


class DuckdbGold:
    """The gold engine of one call of a function, which holds the pipeline's lease meanwhile.

    Its models share one engine, which is emptied in between; `close` it.

    Args:
        memory: bytes that the function has.
        storage: bytes of its disk.
        limit: bytes of data files that one model may read.
    """

    def __init__(self, *, plan: PlatformPlan, memory: int, storage: int, limit: int) -> None:
        self._plan = plan
        self._memory = memory
        self._storage = storage
        self._limit = limit
        self._tables = OpenTables()
        self._idle: Engine | None = None

    def open(self, tables: Iterable[str]) -> None:
        """Look tables up, side by side and meanwhile; whoever asks for one waits for it."""
        self._tables.open(tables)

    def snapshots(self, table: str) -> Sequence[Snapshot]:
        """Published snapshots, newest first."""
        return self._tables[table].snapshots()

    def rows(self, table: str) -> int:
        """Rows that readers see."""
        return self._tables[table].count()

    @contextmanager
    def changes(self, model: GoldModel, changed: ChangedRows | None) -> Iterator[DuckdbChanges]:
        """Compute the model and compare it with its table; `changed` as in `GoldEngine`.

        Raises:
            TooLarge: more to read than the limit, or more to hold than memory and disk.
        """
        with self._engine() as engine:
            reader = Reader(self._plan, self._tables, engine, model, self._limit)
            current = reader.read(changed)
            engine.execute(gold_sql.compare(model, whole=changed is None))
            engine.execute(gold_sql.compared())
            found = dict(engine.rows(gold_sql.counts()))
            counts = Counts(found.get(INSERT, 0), found.get(UPDATE, 0), found.get(DELETE, 0))
            yield DuckdbChanges(engine, model, self._tables, current, counts)

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        s3().put_object(Bucket=bucket, Key=key, Body=body)

    def close(self) -> None:
        """Free memory and disk."""
        if self._idle:
            self._idle.close()
            self._idle = None

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        """The call's engine; one in which something failed isn't used again."""
        engine, self._idle = self._idle, None
        engine = engine or Engine(memory=self._memory, storage=self._storage)
        with ExitStack() as failing:
            failing.callback(engine.close)
            yield engine
            engine.clear()
            failing.pop_all()
            self._idle = engine
