"""One namespace's data: a DuckDB file, opened once, with a connection for each session."""

from __future__ import annotations

import contextlib
import shutil
import threading
from pathlib import Path
from typing import Final

import duckdb

from embedded_aws.redshift.engine import catalog
from embedded_aws.redshift.engine.locks import TableLocks
from embedded_aws.redshift.engine.privileges import User

_MEMORY: Final = "1GB"


class Database:
    """A namespace's database. The file's name is the database's, as DuckDB calls it so in SQL."""

    def __init__(self, folder: Path, name: str, administrator: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.locks = TableLocks()
        self._folder = folder
        file = folder / f"{name}.duckdb"
        _fold_in_log(file)
        self._connection = duckdb.connect(
            file,
            config={
                "memory_limit": _MEMORY,
                "threads": 2,
                "autoinstall_known_extensions": False,
                "temp_directory": str(folder / "spill"),
            },
        )
        catalog.set_up(self._connection, administrator)
        self._lock = threading.Lock()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection whose transaction and temporary tables no other connection sees."""
        with self._lock:
            connection = self._connection.cursor()
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET integer_division = true")
        connection.execute("SET default_null_order = 'nulls_last'")
        connection.execute(f"USE {catalog.quoted(self.name)}.public")
        return connection

    def user(self, name: str) -> User:
        """The user of that name, made at first sight, as Redshift does for IAM identities."""
        connection = self.connect()
        try:
            with self._lock:
                catalog.add_user(connection, name)
            row = connection.execute(
                "SELECT superuser FROM pg_internal.users WHERE name = ?", [name]
            ).fetchone()
        finally:
            connection.close()
        return User(name, superuser=bool(row and row[0]))

    def checkpoint(self) -> None:
        """Fold the log into the file; left for the next start where a transaction is open."""
        with contextlib.suppress(duckdb.TransactionException):
            self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Close the file; connections end with it."""
        self.checkpoint()
        self._connection.close()

    def delete(self) -> None:
        """Close and remove the file: the namespace is gone."""
        self._connection.close()
        shutil.rmtree(self._folder)


class Databases:
    """The databases of all namespaces, opened at first use."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[str, Database] = {}
        self._lock = threading.Lock()

    def get(self, namespace_id: str, name: str, administrator: str) -> Database:
        """The namespace's database; its folder has the namespace's id, which is never reused."""
        with self._lock:
            if namespace_id not in self._open:
                self._open[namespace_id] = Database(self._root / namespace_id, name, administrator)
            return self._open[namespace_id]

    def delete(self, namespace_id: str) -> None:
        """Remove a namespace's data for good."""
        with self._lock:
            database = self._open.pop(namespace_id, None)
        if database is not None:
            database.delete()
        shutil.rmtree(self._root / namespace_id, ignore_errors=True)

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for database in self._open.values():
                database.close()
            self._open.clear()


def _fold_in_log(file: Path) -> None:
    """Fold in the log that a killed server left beside the file.

    DuckDB 1.5 can't replay every log of the database that it opens first ("no default database"),
    which would lose the file; attached to another, it can.
    """
    if file.with_name(f"{file.name}.wal").exists():
        with duckdb.connect(":memory:", config={"memory_limit": _MEMORY}) as connection:
            name = catalog.quoted(file.stem)
            connection.execute(f"ATTACH {catalog.literal(str(file))} AS {name}")
            connection.execute(f"CHECKPOINT {name}")
