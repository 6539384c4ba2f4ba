"""Iceberg tables as the DuckDB engine uses them: files to views, batches to files, one commit.

PyIceberg plans and commits; DuckDB's own Parquet reader reads. Rows never become Python objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import DataFile, ManifestContent
from pyiceberg.table import Table
from pyiceberg.table import snapshots as iceberg_snapshots
from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.update import AssertRefSnapshotId
from pyiceberg.table.update.snapshot import ManageSnapshots
from pyiceberg.types import IcebergType

from dataplatform.adapters.iceberg import open_table, stage_append
from dataplatform.adapters.iceberg_commits import changing, until_first, without_retries
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.fetching import fetch
from dataplatform.duckdb_engine.sql import duckdb_type
from dataplatform.duckdb_engine.views import ViewColumn, lay_empty_view, lay_view
from dataplatform.duckdb_engine.writing import write
from dataplatform.errors import AuditFailed, NotForThisEngine
from dataplatform.ledger.records import TableSize
from dataplatform.naming import AUDIT_BRANCH
from dataplatform.overtaken import overtaken


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
        wanted = AlwaysTrue() if row_filter is None else row_filter
        found = []
        self._refuse_deletes()
        for task in self._table.scan(row_filter=wanted).plan_files():
            found.append(task.file)
        return found

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
        return self._count(self._table.metadata.current_snapshot())

    def write(self, engine: Engine, sql: str) -> list[DataFile]:
        """Write a query's rows to new data files; see `writing.write`."""
        return write(engine, self._table, sql, partition=self.partition)

    def publish(
        self,
        *,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        properties: Mapping[str, str],
        expected_rows: Callable[[int], int],
    ) -> int:
        """Stage files, count them, show them only if the count is right: else a branch has them.

        Args:
            removed: published files whose rows that stay are in `added`.
            properties: snapshot properties of the commit.
            expected_rows: from the rows before, the rows that there must be after.

        Returns:
            The published snapshot's id.

        Raises:
            AuditFailed: the branch holds another number of rows; `main` is as it was.
            Overtaken: `main` isn't what the files were made from any more.
        """
        if self._table.metadata.current_snapshot() is None:
            self._commit(None, self._begin)
        base = self._table.metadata.current_snapshot()
        before = self._count(base)
        expected = expected_rows(before)
        self._commit(base, lambda: self._stage(added, removed, properties, expected))
        metadata = self._table.metadata
        staged = metadata.snapshot_by_name(AUDIT_BRANCH)
        if staged is not None:
            raise AuditFailed(
                f"{self.name}: the staged rows are {self._count(staged)}, counted were {expected} "
                f"(before: {before})",
                why="Nothing was published: readers still see the table as it was.",
                remedy=f"Look at the branch '{AUDIT_BRANCH}' of the table; the next run stages "
                "anew.",
            )
        assert metadata.current_snapshot_id is not None
        return metadata.current_snapshot_id

    def _begin(self) -> None:
        """A snapshot without rows: PyIceberg makes no branch of a table that has none."""
        with changing(self._table) as transaction, transaction.update_snapshot().fast_append():
            pass

    def _stage(
        self,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        properties: Mapping[str, str],
        expected: int,
    ) -> None:
        """One commit: the files on the audit branch and, where their count is right, on `main`.

        The manifests are in S3 before the commit, so they are counted before it. A branch that is
        there already goes: a count that was wrong left it, or Spark when it was killed.
        """
        current = self._table.metadata.current_snapshot()
        assert current is not None
        # PyIceberg asks only for the branch that it writes, and would fail otherwise where `main`
        # has moved: its snapshot's number is taken then.
        stands = AssertRefSnapshotId(ref=MAIN_BRANCH, snapshot_id=current.snapshot_id)  # type: ignore[call-arg]
        with changing(self._table) as transaction:
            transaction._apply((), (stands,))
            if AUDIT_BRANCH in self._table.metadata.refs:
                ManageSnapshots(transaction).remove_branch(AUDIT_BRANCH).commit()
            branch = ManageSnapshots(transaction)
            branch.create_branch(current.snapshot_id, AUDIT_BRANCH).commit()
            update = transaction.update_snapshot(
                snapshot_properties=dict(properties), branch=AUDIT_BRANCH
            )
            producer = update.overwrite() if removed else stage_append(update, self._table)
            with producer as staging:
                for file in added:
                    staging.append_data_file(file)
                for file in removed:
                    staging.delete_data_file(file)
            staged = transaction.table_metadata.snapshot_by_name(AUDIT_BRANCH)
            if staged is not None and self._count(staged) == expected:
                manage = ManageSnapshots(transaction)
                manage.set_current_snapshot(staged.snapshot_id).remove_branch(AUDIT_BRANCH).commit()

    def _commit(self, base: iceberg_snapshots.Snapshot | None, commit: Callable[[], None]) -> None:
        """Commit on `base`; what leaves `main` alone (new settings, a comment) may come between."""

        def once() -> None:
            without_retries(self._table)
            commit()

        def look_again() -> None:
            layout = self._table.spec().spec_id
            self._table.refresh()
            # Files that are laid out by another partition than the table's can't be added to it.
            if self._table.spec().spec_id != layout:
                raise overtaken(self.name)
            self._check_base(base)

        until_first(once, when_overtaken=look_again)

    def _check_base(self, base: iceberg_snapshots.Snapshot | None) -> None:
        current = self._table.metadata.current_snapshot()
        if (current and current.snapshot_id) != (base and base.snapshot_id):
            raise overtaken(self.name)

    def _count(self, snapshot: iceberg_snapshots.Snapshot | None) -> int:
        if snapshot is None:
            return 0
        return sum(
            (manifest.added_rows_count or 0) + (manifest.existing_rows_count or 0)
            for manifest in snapshot.manifests(self._table.io)
        )

    def _refuse_deletes(self) -> None:
        current = self._table.metadata.current_snapshot()
        manifests = current.manifests(self._table.io) if current else []
        if any(manifest.content == ManifestContent.DELETES for manifest in manifests):
            raise NotForThisEngine(
                f"{self.name} has delete files",
                why="This engine reads data files alone, so it would bring deleted rows back.",
                remedy="Nothing: Spark takes it over. Compaction takes the delete files away.",
            )


def _summary(snapshot: iceberg_snapshots.Snapshot) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}
