"""Iceberg tables as the DuckDB engine uses them: files to views, and queries to files.

PyIceberg plans and commits; DuckDB's own Parquet reader reads. Rows never become Python objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile
from pyiceberg.table import ManifestGroupPlanner, Table
from pyiceberg.table import snapshots as iceberg_snapshots
from pyiceberg.types import IcebergType

from dataplatform.adapters.iceberg.staging import has_files
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.fetching import fetch
from dataplatform.duckdb_engine.publication import Publication, rows_of
from dataplatform.duckdb_engine.sql import duckdb_type
from dataplatform.duckdb_engine.views import ViewColumn, lay_empty_view, lay_view
from dataplatform.duckdb_engine.writing import Outgoing, send, write
from dataplatform.errors import NotForThisEngine
from dataplatform.ledger.records import TableSize


@dataclass(frozen=True)
class Snapshot:
    """One published snapshot."""

    snapshot_id: int
    summary: Mapping[str, str]


class LakeTable:
    """One Iceberg table, as it was when it was opened, and as this object has changed it since."""

    def __init__(self, name: str, table: Table) -> None:
        self.name = name
        self._table = table

    @classmethod
    def open(cls, name: str) -> Self:
        """The table `database.name`.

        Raises:
            TableMissing: it isn't in the catalogue.
        """
        return cls(name, open_table(name))

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns, in order."""
        return tuple(field.name for field in self._table.schema().fields)

    @property
    def partition(self) -> tuple[str, ...]:
        """The columns whose values split its files."""
        schema = self._table.schema()
        fields = self._table.spec().fields
        return tuple(schema.find_field(field.source_id).name for field in fields)

    def field_id(self, column: str) -> int:
        """A column's number, which outlives its name."""
        return self._table.schema().find_field(column).field_id

    def type_of(self, column: str) -> IcebergType:
        """A column's Iceberg type."""
        return self._table.schema().find_field(column).field_type

    def files(self, row_filter: BooleanExpression | None = None) -> list[DataFile]:
        """Published data files that may hold such rows, by partitions and columns' bounds.

        Raises:
            NotForThisEngine: rows of them are deleted by files of their own (merge-on-read).
        """
        metadata, io = self._table.metadata, self._table.io
        wanted = AlwaysTrue() if row_filter is None else row_filter
        # Of the table's scan the part that takes manifests, so that dead ones aren't read.
        planner = ManifestGroupPlanner(metadata, io, row_filter=wanted)
        return [task.file for task in planner.plan_files(self._live())]

    def view(
        self,
        engine: Engine,
        name: str,
        files: Sequence[DataFile],
        *,
        columns: Sequence[str] | None = None,
        with_places: bool = False,
    ) -> dict[int, DataFile]:
        """Fetch files and lay a DuckDB view over them, in the table's columns as they are now.

        Columns are found by Iceberg's field ids: one that was renamed since a file was written is
        read by its old name, one that was added is null, one that was widened is cast.

        Args:
            columns: of the view; the table's if not told.
            with_places: add where each row stands: `FILE` and `AT`.

        Returns:
            Each file by its number, as in `FILE`.

        Raises:
            TooLarge: they don't fit on the function's disk.
            NotForThisEngine: a file has no field ids.
        """
        wanted = [
            ViewColumn(self.field_id(column), column, duckdb_type(self.type_of(column)))
            for column in (self.columns if columns is None else columns)
        ]
        if not files:
            lay_empty_view(engine, name, wanted, with_places=with_places)
            return {}
        local = fetch(engine, self.name, files)
        lay_view(engine, self.name, name, wanted, local, with_places=with_places)
        return {int(path.stem): file for path, file in local.items()}

    def snapshots(self) -> list[Snapshot]:
        """Snapshots that readers of `main` have seen, newest first; staged ones are left out."""
        metadata = self._table.metadata
        return [
            Snapshot(snapshot.snapshot_id, _summary(snapshot))
            for snapshot in iceberg_snapshots.ancestors_of(metadata.current_snapshot(), metadata)
        ]

    def size(self) -> TableSize:
        """Its published data files."""
        current = self._table.metadata.current_snapshot()
        return TableSize() if current is None else TableSize.of_snapshot(_summary(current))

    def count(self) -> int:
        """Rows that readers see, by the manifests."""
        return rows_of(self._table.metadata.current_snapshot(), self._table.io)

    def write(self, engine: Engine, sql: str) -> list[DataFile]:
        """Write a query's rows to new data files; nothing is committed. See `writing`."""
        return self.written(engine, sql).arrived()

    def written(self, engine: Engine, sql: str) -> Outgoing:
        """`write`, but for waiting until S3 has the files."""
        return send(self._table, write(engine, self._table, sql, partition=self.partition))

    def publish(
        self,
        *,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        properties: Mapping[str, str],
        expected_rows: Callable[[int], int],
        arriving: Sequence[Future[Any]] = (),
    ) -> int:
        """Put files in place of others in one commit, if the count is right; its snapshot's id.

        See `publication.Publication.publish`.
        """
        return Publication(self.name, self._table).publish(
            added=added,
            removed=removed,
            properties=properties,
            expected_rows=expected_rows,
            arriving=arriving,
        )

    def _live(self) -> list[ManifestFile]:
        """Manifests of published data files."""
        current = self._table.metadata.current_snapshot()
        manifests = current.manifests(self._table.io) if current else []
        if any(manifest.content == ManifestContent.DELETES for manifest in manifests):
            raise NotForThisEngine(
                f"{self.name} has delete files",
                why="This engine reads data files alone, so it would bring deleted rows back.",
                remedy="Nothing: Spark takes it over. Compaction takes the delete files away.",
            )
        return [manifest for manifest in manifests if has_files(manifest)]


def _summary(snapshot: iceberg_snapshots.Snapshot) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}
