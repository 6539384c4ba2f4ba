"""Files that Spark's workers write for a table, and where from and where to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from dataplatform.adapters.parquet_files import Output, ParquetFiles, Written
from dataplatform.ledger.records import LandedObject

_ROWS_AT_ONCE: Final = 10_000


class Store(Protocol):
    """Where landed objects are read and files are written; it goes to the executors."""

    def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
        """The bytes of a landed object from an offset on; UnreadableObject where it is gone."""
        ...

    def create(self, location: str) -> Output:
        """An object to write."""
        ...

    def open(self, location: str, size: int) -> BinaryIO:
        """An object that was written, of so many bytes."""
        ...

    def remove(self, location: str) -> None:
        """Delete an object; one that isn't there is no error."""
        ...


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A Parquet file that no commit has yet: bytes, and where its row groups begin."""

    location: str
    size: int
    split_offsets: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Destination:
    """One partition of a table, as a worker writes files for it.

    schema: each field has its Iceberg id.
    properties: of the table.
    folder: a location; names of files are unique, whoever writes them.
    """

    schema: pa.Schema
    properties: Mapping[str, str]
    folder: str

    def files(self, store: Store) -> ParquetFiles:
        """A writer of such files."""
        return ParquetFiles(
            self.schema,
            self.properties,
            place=lambda name: f"{self.folder}/{name}",
            create=store.create,
        )


def new_files(written: Iterable[Written]) -> tuple[NewFile, ...]:
    """What a worker tells of the files that it has written."""
    return tuple(
        NewFile(location=one.location, size=one.size, split_offsets=tuple(one.split_offsets))
        for one in written
    )


def read_back(files: Sequence[NewFile], store: Store, like: DataFrame) -> DataFrame:
    """The rows of such files, in the columns that `like` has."""
    numbers = like.sparkSession.range(0, len(files), 1, max(1, len(files)))
    return numbers.mapInArrow(_Rows(files, store), like.schema)


@dataclass(frozen=True)
class _Rows:
    """Reads files by their numbers, as `DataFrame.mapInArrow` wants it."""

    files: Sequence[NewFile]
    store: Store

    def __call__(self, numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                file = self.files[number]
                with self.store.open(file.location, file.size) as source:
                    yield from pq.ParquetFile(source).iter_batches(batch_size=_ROWS_AT_ONCE)
