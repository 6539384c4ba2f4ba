"""One commit of a table: data files staged, counted, and shown to readers if the count is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update import AssertRefSnapshotId
from pyiceberg.table.update.snapshot import ManageSnapshots

from dataplatform.adapters.iceberg.commits import changing, until_first
from dataplatform.adapters.iceberg.staging import stage
from dataplatform.errors import AuditFailed
from dataplatform.naming import AUDIT_BRANCH
from dataplatform.overtaken import overtaken


class Publication:
    """Publishes files of one table, which it leaves as the commit has made it.

    Args:
        name: `database.name`.
        table: as it was when what the files are made of was read.
    """

    def __init__(self, name: str, table: Table) -> None:
        self._name = name
        self._table = table

    def publish(
        self,
        *,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        properties: Mapping[str, str],
        expected_rows: Callable[[int], int],
        arriving: Sequence[Future[Any]] = (),
    ) -> int:
        """Stage files, count them, show them only if the count is right: else a branch has them.

        Args:
            removed: published files whose rows that stay are in `added`.
            properties: snapshot properties of the commit.
            expected_rows: from the rows before, the rows that there must be after.
            arriving: what must be done before the catalogue is told of anything; see `changing`.

        Returns:
            The published snapshot's id.

        Raises:
            AuditFailed: the branch holds another number of rows; `main` is as it was.
            Overtaken: `main` isn't what the files were made from any more.
        """
        if self._table.metadata.current_snapshot() is None:
            self._commit(None, self._begin)
        base = self._table.metadata.current_snapshot()
        before = rows_of(base, self._table.io)
        expected = expected_rows(before)
        self._commit(base, lambda: self._stage(added, removed, properties, expected, arriving))
        metadata = self._table.metadata
        staged = metadata.snapshot_by_name(AUDIT_BRANCH)
        if staged is not None:
            found = rows_of(staged, self._table.io)
            raise AuditFailed(
                f"{self._name}: the staged rows are {found}, counted were {expected} "
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
        arriving: Sequence[Future[Any]],
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
        with changing(self._table, arriving=arriving) as transaction:
            transaction._apply((), (stands,))
            if AUDIT_BRANCH in self._table.metadata.refs:
                ManageSnapshots(transaction).remove_branch(AUDIT_BRANCH).commit()
            branch = ManageSnapshots(transaction)
            branch.create_branch(current.snapshot_id, AUDIT_BRANCH).commit()
            update = transaction.update_snapshot(
                snapshot_properties=dict(properties), branch=AUDIT_BRANCH
            )
            stage(update, self._table, added=added, removed=removed)
            staged = transaction.table_metadata.snapshot_by_name(AUDIT_BRANCH)
            if rows_of(staged, self._table.io) == expected:
                assert staged is not None
                manage = ManageSnapshots(transaction)
                manage.set_current_snapshot(staged.snapshot_id).remove_branch(AUDIT_BRANCH).commit()

    def _commit(self, base: Snapshot | None, commit: Callable[[], None]) -> None:
        """Commit on `base`; what leaves `main` alone (new settings, a comment) may come between."""

        def look_again() -> None:
            layout = self._table.spec().spec_id
            self._table.refresh()
            # Files that are laid out by another partition than the table's can't be added to it.
            if self._table.spec().spec_id != layout:
                raise overtaken(self._name)
            self._check_base(base)

        until_first(commit, when_overtaken=look_again)

    def _check_base(self, base: Snapshot | None) -> None:
        current = self._table.metadata.current_snapshot()
        if (current and current.snapshot_id) != (base and base.snapshot_id):
            raise overtaken(self._name)


def rows_of(snapshot: Snapshot | None, io: FileIO) -> int:
    """Rows of a snapshot, by its list of manifests; 0 where there is none yet."""
    if snapshot is None:
        return 0
    return sum(
        (manifest.added_rows_count or 0) + (manifest.existing_rows_count or 0)
        for manifest in snapshot.manifests(io)
    )
