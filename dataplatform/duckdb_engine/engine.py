"""DuckDB within a function's memory and disk: what doesn't fit is `TooLarge`, never a crash."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dataplatform.duckdb_engine.room import Room
from dataplatform.errors import TooLarge

MEMORY_PER_CPU: Final = 1769 << 20
"""What Lambda gives a whole CPU for: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

_OWN_MEMORY: Final = 448 << 20
"""Of the function's: Python and its libraries, a row group being written, parts being sent."""
_LEAST_MEMORY: Final = 128 << 20
_OVERHEAD: Final = 0.85
"""DuckDB's limit is of its buffers; hash tables' strings and Arrow's copies come on top."""
_OWN_STORAGE: Final = 64 << 20
_BATCH_ROWS: Final = 65_536
_SPILLED: Final = "spilled"

_FULL: Final = ("Out of Memory Error", os.strerror(errno.ENOSPC))
"""How DuckDB's errors begin, or end, where it lacks memory or disk."""


class Engine:
    """One connection, and a directory for the files that it reads; both go when it is closed.

    No extension is loaded but those built in, so nothing is fetched. All times are UTC.

    Args:
        memory: bytes that the function has.
        storage: bytes that it may take of local disk: fetched files, and what DuckDB moves there
            when memory is full.
        directory: where, /tmp if not told.
    """

    def __init__(self, *, memory: int, storage: int, directory: Path | None = None) -> None:
        self._room = Room(directory)
        self.directory = self._room.path
        self._free = storage - _OWN_STORAGE
        self._fetched = 0
        self._numbers: dict[str, int] = {}
        self.memory = max(_LEAST_MEMORY, int((memory - _OWN_MEMORY) * _OVERHEAD))
        threads = max(1, min(os.cpu_count() or 1, -(-memory // MEMORY_PER_CPU)))
        # DuckDB takes some ten milliseconds of a core to begin: whoever opens the engine goes on.
        opener = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._opening: Future[duckdb.DuckDBPyConnection] = opener.submit(
            self._open,
            {
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": str(threads),
                "memory_limit": f"{self.memory >> 10}KiB",
                "temp_directory": str(self.directory / _SPILLED),
                # Where order matters it is asked for; keeping it else costs memory.
                "preserve_insertion_order": "false",
                # It keeps pages by path, size and second: of two files that one place has held in
                # a second, such as two batches' of a warm function, the first would be read twice.
                "enable_external_file_cache": "false",
            },
        )
        opener.shutdown(wait=False)

    def _open(self, settings: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        self._database = duckdb.connect(config=settings)
        return self._session()

    def _session(self) -> duckdb.DuckDBPyConnection:
        connection = self._database.cursor()  # a connection of its own
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(self._left_to_duckdb())
        return connection

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return self._opening.result()

    @property
    def free(self) -> int:
        """Bytes of disk that are left for files to fetch."""
        return self._free - self._fetched

    def place(self, location: str) -> Path:
        """Where a fetched file is: `7.parquet`, always the same for a location.

        A number takes four bytes beside each row that must be found again, a path a hundred.
        """
        number = self._numbers.setdefault(location, len(self._numbers))
        return self.directory / f"{number}.parquet"

    def take(self, size: int, what: str) -> None:
        """Reserve disk for files that are about to be fetched.

        Raises:
            TooLarge: they don't fit.
        """
        if size > self.free:
            raise too_large(f"{what}: {size >> 20} MiB to read, {self.free >> 20} MiB of disk free")
        self._fetched += size
        self.execute(self._left_to_duckdb())

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement for what it does.

        Raises:
            TooLarge: memory and disk were full before it was done.
        """
        with translated():
            self._connection.execute(sql, list(parameters) or None)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """A query's rows: for counts and the like, not for a table's.

        Raises:
            TooLarge: as `execute`.
        """
        with translated():
            return self._connection.execute(sql, list(parameters) or None).fetchall()

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """A query's rows, a batch at a time.

        By way of a file: DuckDB's own stream stands still for ever where two of its threads wait
        for room in it (1.5.5, a UNION ALL of joins).

        Raises:
            TooLarge: as `execute`.
        """
        path = self.directory / "batches.parquet"
        self.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(_BATCH_ROWS)
        path.unlink()

    def clear(self) -> None:
        """Forget tables, views and files, as if it were just opened, at less cost.

        A file keeps its number, so that DuckDB never takes one for another that it has seen.
        """
        before = self._connection
        for left in self.directory.iterdir():
            if left.name == _SPILLED:  # DuckDB's own, which it empties
                continue
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        self._fetched = 0
        # What is temporary goes with its connection; the database keeps its settings.
        before.close()
        self._opening = Future()
        self._opening.set_result(self._session())

    def close(self) -> None:
        """Free memory and disk."""
        try:
            self._connection.close()
            self._database.close()
        finally:
            self._room.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _left_to_duckdb(self) -> str:
        # Not in `config`: DuckDB forgets it there where `temp_directory` is given beside it.
        return f"SET max_temp_directory_size = '{max(0, self.free) >> 10}KiB'"


@contextmanager
def translated() -> Iterator[None]:
    """Say `TooLarge` of full memory and disk, DuckDB's and the system's."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise too_large(f"out of memory: {_first_line(error)}") from error
    except (duckdb.IOException, OSError) as error:
        if not any(word in str(error) for word in _FULL):
            raise
        raise too_large(f"memory and disk are full: {_first_line(error)}") from error


def too_large(what: str) -> TooLarge:
    """The error of work that this function can't do."""
    return TooLarge(
        what,
        why="A function with DuckDB does small batches; this one needs more memory or disk.",
        remedy="Nothing: Spark takes it over in the same run.",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
