"""FoodMart as a SQLite file, made once from the jar that holds it (about ten seconds).

Every value is text, as the script has it ("1.5000" stays that), so nothing is rounded on the way.
"""

from __future__ import annotations

import io
import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from embedded_aws.samples import hsqldb

_SCRIPT: Final = "foodmart.script"
_SCHEMA: Final = "foodmart"
_BATCH: Final = 5_000
_VERSION: Final = 1  # of what is below: another one is another file

SALES: Final = ("sales_fact_1997", "sales_fact_1998", "sales_fact_dec_1998")
"""Sale lines by table: 1997, 1998 to November, December 1998."""

_DIMENSIONS: Final = (
    "customer",
    "product",
    "product_class",
    "promotion",
    "region",
    "store",
    "time_by_day",
)
AGGREGATES: Final = (
    "agg_c_10_sales_fact_1997",
    "agg_c_14_sales_fact_1997",
    "agg_g_ms_pcat_sales_fact_1997",
    "agg_l_04_sales_fact_1997",
    "agg_l_05_sales_fact_1997",
)
"""Sums that FoodMart's makers computed: the truth to compare with."""

_TABLES: Final = frozenset((*SALES, *_DIMENSIONS, *AGGREGATES))


@dataclass(frozen=True)
class Foodmart:
    """The parsed database; `path` is a SQLite file that nobody writes to any more."""

    path: Path

    @classmethod
    def open(cls, jar: Path, cache: Path) -> Self:
        """The parsed form of a jar, made now if the cache has none.

        Raises:
            hsqldb.MalformedScript: the jar's script can't be read.
            OSError: no jar, or no space.
        """
        path = cache / f"foodmart-{jar.stem}-{_VERSION}.sqlite"
        if not path.is_file():
            cache.mkdir(parents=True, exist_ok=True)
            scratch = cache / f".{path.name}.{os.getpid()}"
            try:
                _build(jar, scratch)
                scratch.replace(path)
            finally:
                scratch.unlink(missing_ok=True)
        return cls(path)

    def connect(self) -> sqlite3.Connection:
        """A read-only connection of the caller's own."""
        return sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)

    def columns(self, table: str) -> tuple[hsqldb.Column, ...]:
        """Names and declared types, in order."""
        with closing(self.connect()) as connection:
            found = connection.execute(
                "SELECT name, type FROM _columns WHERE source = ? ORDER BY position", (table,)
            )
            return tuple(hsqldb.Column(name, kind) for name, kind in found)

    def rows(self, table: str) -> Iterator[hsqldb.Row]:
        """Rows in the script's order."""
        names = ", ".join(f'"{column.name}"' for column in self.columns(table))
        with closing(self.connect()) as connection:
            yield from connection.execute(f'SELECT {names} FROM "{table}" ORDER BY rowid')

    def count(self, table: str) -> int:
        """Number of rows."""
        with closing(self.connect()) as connection:
            (count,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
            return int(count)


def _build(jar: Path, target: Path) -> None:
    with (
        zipfile.ZipFile(jar) as archive,
        archive.open(_SCRIPT) as script,
        closing(sqlite3.connect(target)) as connection,
    ):
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(
            "CREATE TABLE _columns (source TEXT, position INT, name TEXT, type TEXT)"
        )
        lines = io.TextIOWrapper(script, encoding="utf-8")
        _Loader(connection).load(hsqldb.read(lines, _SCHEMA, _TABLES))
        connection.commit()


class _Loader:
    """Rows into tables, some thousands at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pending: dict[hsqldb.Table, list[hsqldb.Row]] = {}

    def load(self, rows: Iterator[tuple[hsqldb.Table, hsqldb.Row]]) -> None:
        for table, row in rows:
            if table not in self._pending:
                self._create(table)
                self._pending[table] = []
            self._pending[table].append(row)
            if len(self._pending[table]) == _BATCH:
                self._flush(table)
        for table in self._pending:
            self._flush(table)

    def _create(self, table: hsqldb.Table) -> None:
        columns = ", ".join(f'"{column.name}" TEXT' for column in table.columns)
        self._connection.execute(f'CREATE TABLE "{table.name}" ({columns})')
        self._connection.executemany(
            "INSERT INTO _columns VALUES (?, ?, ?, ?)",
            [(table.name, i, c.name, c.type) for i, c in enumerate(table.columns)],
        )

    def _flush(self, table: hsqldb.Table) -> None:
        places = ", ".join("?" * len(table.columns))
        self._connection.executemany(
            f'INSERT INTO "{table.name}" VALUES ({places})', self._pending[table]
        )
        self._pending[table].clear()
