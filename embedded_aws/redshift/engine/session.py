"""One Data API session: reads each statement's first words and hands it to what runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import duckdb
from sqlglot import exp

from embedded_aws.redshift.engine import admin, ddl, dml, queries
from embedded_aws.redshift.engine.physical import strip_physical
from embedded_aws.redshift.engine.transaction import Result, Transaction
from embedded_aws.redshift.engine.words import Words
from embedded_aws.redshift.errors import NotEmulated, SqlError, from_duckdb

_REFUSED: Final = (
    *("VACUUM", "UNLOAD", "CALL", "SET", "RESET", "SHOW", "EXPLAIN", "PREPARE", "EXECUTE"),
    *("CREATE MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW", "CREATE PROCEDURE"),
    *("CREATE FUNCTION", "CREATE EXTERNAL", "CREATE LIBRARY", "CREATE MODEL", "CREATE GROUP"),
    *("CREATE DATASHARE", "CREATE DATABASE", "ALTER USER", "DROP USER", "DROP ROLE"),
)
_BY_WORDS: Final[dict[str, Callable[[Transaction, Words], Result]]] = {
    "LOCK": admin.lock,
    "COPY": admin.copy_from,
    "CREATE USER": admin.create_user,
    "CREATE ROLE": admin.create_role,
    "GRANT": admin.grant,
    "REVOKE": admin.grant,
    "ALTER DEFAULT PRIVILEGES": admin.default_privileges,
    "ANALYZE": admin.analyze,
    **dict.fromkeys(
        ("BEGIN", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT"),
        admin.refuse_transaction,
    ),
    **dict.fromkeys(_REFUSED, admin.refuse),
}
_BY_TREE: Final[dict[type[exp.Expr], Callable[[Transaction, Any], Result]]] = {
    exp.Query: dml.query,
    exp.Insert: dml.insert,
    exp.Update: dml.update,
    exp.Delete: dml.delete,
    exp.Merge: dml.merge_into,
    exp.TruncateTable: dml.truncate,
    exp.Create: ddl.create,
    exp.Drop: ddl.drop,
    exp.Alter: ddl.alter,
}


class Session:
    """Runs statements in one transaction; `close` undoes what wasn't committed."""

    def __init__(self, work: Transaction) -> None:
        self._work = work

    def run(self, sql: str, parameters: Mapping[str, str] | None = None) -> Result:
        """Run one statement.

        Raises:
            SqlError: in Redshift's words; the caller then closes the session.
        """
        if self._work.cancelled.is_set():
            raise SqlError("Query (0) cancelled on user's request")
        try:
            words = Words(sql)
            for phrase, action in _BY_WORDS.items():
                if words.accept(phrase):
                    return action(self._work, words)
            return self._run_parsed(words, parameters or {})
        except duckdb.Error as error:
            raise from_duckdb(error) from error

    def commit(self) -> None:
        """Make everything since the last commit visible.

        Raises:
            SqlError: another transaction was faster.
        """
        try:
            self._work.commit()
        except duckdb.Error as error:
            raise from_duckdb(error) from error

    def interrupt(self) -> None:
        """Stop the statement under way; another thread may call it."""
        self._work.connection.interrupt()

    def close(self) -> None:
        """Undo and end; temporary tables go with the connection."""
        try:
            self._work.rollback()
        finally:
            self._work.connection.close()

    def _run_parsed(self, words: Words, parameters: Mapping[str, str]) -> Result:
        physical = words.peek() in ("CREATE", "ALTER")
        tree = queries.parse(strip_physical(words.sql) if physical else words.sql)
        queries.bind(tree, parameters)
        for kind, action in _BY_TREE.items():
            if isinstance(tree, kind):
                self._work.begin()
                return action(self._work, tree)
        raise NotEmulated(" ".join(words.sql.split()[:3]))
