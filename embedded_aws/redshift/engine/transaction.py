"""What statements work on: a connection, its transaction, the user's rights, locked tables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from embedded_aws.redshift.engine import catalog, queries
from embedded_aws.redshift.engine.catalog import Relation
from embedded_aws.redshift.engine.locks import TableLocks
from embedded_aws.redshift.engine.privileges import Privileges, User
from embedded_aws.redshift.engine.types import RedshiftType


@dataclass(frozen=True)
class Result:
    """What a statement gave. `rows`: affected or returned; -1 where neither makes sense."""

    rows: int = -1
    columns: tuple[tuple[str, RedshiftType], ...] = ()
    records: tuple[tuple[Any, ...], ...] = ()

    @property
    def has_result_set(self) -> bool:
        """Whether there is something for GetStatementResult."""
        return bool(self.columns)


class Transaction:
    """One transaction of one session.

    It begins with the first statement that needs the database: a LOCK before that waits without a
    snapshot, so that what follows sees everything that the lock waited for. Redshift does the same.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        user: User,
        locks: TableLocks,
        s3_for_role: Callable[[str], Any],
        cancelled: threading.Event,
        *,
        in_block: bool = False,
    ) -> None:
        self.connection = connection
        self.user = user
        self.privileges = Privileges(connection, user)
        self.s3_for_role = s3_for_role
        self.cancelled = cancelled
        self.in_block = in_block
        self._locks = locks
        self._begun = False

    def begin(self) -> None:
        """Begin, unless it has."""
        if not self._begun:
            self.connection.execute("BEGIN")
            self._begun = True

    def commit(self) -> None:
        """Make everything visible, and let go of the locks."""
        try:
            if self._begun:
                self.connection.execute("COMMIT")
        finally:
            self._begun = False
            self._locks.release(self)

    def rollback(self) -> None:
        """Undo everything, and let go of the locks."""
        try:
            if self._begun:
                self.connection.execute("ROLLBACK")
        finally:
            self._begun = False
            self._locks.release(self)

    def lock(self, table: tuple[str, ...]) -> None:
        """Wait until this transaction is the one that may write the table."""
        self._locks.acquire(self, table, self.cancelled)

    def write_target(self, parts: tuple[str, ...]) -> Relation:
        """The table to be written; as in Redshift, one transaction at a time writes a table."""
        relation = catalog.resolve(self.connection, parts)
        if not relation.temporary:
            self.lock((relation.schema, relation.name))
        return relation

    def require_reads(self, tree: exp.Expr, target: exp.Table | None = None) -> None:
        """The user may read every table that the statement reads."""
        for table in queries.tables_read(tree, target):
            if not queries.is_system(table):
                relation = catalog.resolve(self.connection, queries.name_parts(table))
                self.privileges.require("SELECT", relation)
