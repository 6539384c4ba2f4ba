"""What holds an object's rows until the whole object has been read: memory, then a local disk.

Whether an object is readable is known at its last byte. Its rows wait here, so that nothing of an
unreadable object reaches the lake and memory stays bounded.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa

from dataplatform.errors import TooLarge
from dataplatform.parsing.model import Block

MEMORY_BYTES: Final = 64 * 1024**2
"""Arrow bytes of an object that wait in memory: a quarter of a million records of nine fields. To
pack them for the disk and to unpack them again takes as long as to parse them."""

_REJECTED = pa.schema(
    [("position", pa.int64()), ("source", pa.large_string()), ("reasons", pa.list_(pa.string()))]
)


class Spool:
    """One object's blocks: rows, of which the first wait in memory, and rejected records.

    Args:
        limit: bytes (compressed) that the object may take of the disk.
        memory: bytes of rows that it may take there.
    """

    def __init__(
        self, directory: Path, columns: Sequence[str], *, limit: int, memory: int = MEMORY_BYTES
    ) -> None:
        self._limit = limit
        self._free = memory
        self._schema = rows_schema(columns)
        self._first: deque[pa.RecordBatch] = deque()
        self._rows = _Stream(directory / "rows.arrows", self._schema)
        self._rejected = _Stream(directory / "rejected.arrows", _REJECTED)
        self.rows = 0
        self.rejected = 0

    def write(self, block: Block) -> None:
        """Keep a block.

        Raises:
            TooLarge: the object takes more than the limit, or the disk is full before that.
        """
        with _explained_disk():
            if block.read:
                self._keep(rows_of(block, self._schema))
            if block.rejected:
                self._rejected.write(rejected_of(block))
        self.rows += block.read
        self.rejected += len(block.rejected)
        if self._rows.size() + self._rejected.size() > self._limit:
            raise _too_large(f"an object takes more than {self._limit >> 20} MiB of local disk")

    def read_rows(self) -> Iterator[pa.RecordBatch]:
        """Rows as written, once: position, op, extra and `column:<name>` of each column."""
        while self._first:
            yield self._first.popleft()
        yield from self._rows.read()

    def read_rejected(self) -> Iterator[pa.RecordBatch]:
        """Rejected records as written: position, source, reasons."""
        return self._rejected.read()

    def _keep(self, rows: pa.RecordBatch) -> None:
        self._free -= rows.nbytes
        if self._free >= 0:
            self._first.append(rows)
        else:
            self._rows.write(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._first.clear()
        self._rows.remove()
        self._rejected.remove()


class _Stream:
    """An Arrow IPC stream in a file, opened when it is first written to."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._file: Any = None
        self._writer: Any = None

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._file = pa.OSFile(str(self._path), "wb")
            options = pa.ipc.IpcWriteOptions(compression="zstd")
            self._writer = pa.ipc.new_stream(self._file, self._schema, options=options)
        self._writer.write_batch(batch)

    def size(self) -> int:
        return int(self._file.tell()) if self._file else 0

    def read(self) -> Iterator[pa.RecordBatch]:
        if self._writer is None:
            return
        with _explained_disk():
            self._writer.close()
            self._file.close()
        with pa.OSFile(str(self._path), "rb") as file:
            yield from pa.ipc.open_stream(file)

    def remove(self) -> None:
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)


def rows_schema(columns: Sequence[str]) -> pa.Schema:
    """Rows as a spool has them: position, op, extra and `column:<name>` of each column."""
    return pa.schema(
        [
            ("position", pa.int64()),
            ("op", pa.large_string()),
            ("extra", pa.large_string()),
            *((f"column:{name}", pa.large_string()) for name in columns),
        ]
    )


def rows_of(block: Block, schema: pa.Schema) -> pa.RecordBatch:
    """A block's records in `rows_schema`; at least one."""
    return _batch(block.columns(), schema)


def rejected_of(block: Block) -> pa.RecordBatch:
    """A block's rejected records: position, source, reasons; at least one."""
    return _batch(zip(*block.rejected, strict=True), _REJECTED)


def _batch(columns: Any, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def _explained_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise _too_large("the local disk is full") from error


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        what,
        why="An object waits there until it is read whole; nothing of its batch is staged.",
        remedy="A function leaves its batch to Spark; a job needs workers with more disk.",
    )
