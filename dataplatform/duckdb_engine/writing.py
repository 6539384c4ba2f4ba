"""A query's rows to data files of an Iceberg table: DuckDB writes Parquet, S3 takes the files.

DuckDB's writer uses every CPU, and knows Iceberg's field ids; rows never pass through Python.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    DataFileStatistics,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, TableProperties
from pyiceberg.types import IcebergType, ListType, StructType

from dataplatform.adapters.iceberg.files import data_file, new_location, partition_key
from dataplatform.adapters.s3_objects import upload
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.sql import duckdb_type, literal, quoted

_UPLOADS: Final = 4


@dataclass(frozen=True)
class LocalFile:
    """A Parquet file on the engine's disk, with the values of its partition's columns."""

    path: Path
    partition: Mapping[str, object]


@dataclass(frozen=True)
class Outgoing:
    """Data files on their way to S3: a commit of them can be prepared, and waits for `arriving`."""

    files: tuple[DataFile, ...]
    arriving: tuple[Future[None], ...]

    def arrived(self) -> list[DataFile]:
        """The files, once they are there.

        Raises:
            PermissionError: S3 refused one.
        """
        for each in self.arriving:
            each.result()
        return list(self.files)


def write(
    engine: Engine, table: Table, sql: str, *, partition: Sequence[str] = ()
) -> list[LocalFile]:
    """Write a query's rows to Parquet files on the engine's disk, each of one partition.

    Args:
        sql: gives the table's columns, by name; they are cast to its types.
        partition: the columns whose values split the table's files.

    Raises:
        TooLarge: memory and disk were full before it was done.
    """
    target = engine.directory / f"written-{uuid.uuid4().hex}"
    engine.execute(_copy(table, sql, target, partition))
    return [
        LocalFile(path, _values(engine, path, partition))
        for path in sorted(target.rglob("*.parquet"))
        if pq.read_metadata(path).num_rows
    ]


def send(table: Table, files: Sequence[LocalFile]) -> Outgoing:
    """Move files to where the table's data files are; nothing is committed, no engine asked.

    Whoever closes the engine waits for them first: they leave its directory.
    """
    named = [_named(table, file, number) for number, file in enumerate(files)]
    arriving = [
        _threads().submit(_move, local.path, file.file_path)
        for local, file in zip(files, named, strict=True)
    ]
    return Outgoing(tuple(named), tuple(arriving))


def _copy(table: Table, sql: str, target: Path, partition: Sequence[str]) -> str:
    schema, properties = table.schema(), table.properties
    columns, ids = [], []
    for field in schema.fields:
        name = quoted(field.name)
        columns.append(f"CAST({name} AS {duckdb_type(field.field_type)}) AS {name}")
        ids.append(f"{name}: {_ids(field.field_id, field.field_type)}")
    size = properties.get(
        TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
        TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT,
    )
    # DuckDB splits files by partition or by size, not by both.
    split = f"FILE_SIZE_BYTES {size}"
    if partition:
        split = f"PARTITION_BY ({', '.join(map(quoted, partition))}), WRITE_PARTITION_COLUMNS true"
    return (
        f"COPY (SELECT {', '.join(columns)} FROM ({sql})) TO {literal(str(target))} "
        f"(FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{', '.join(ids)}}}, {split})"
    )


def _ids(number: int, kind: IcebergType) -> str:
    """Iceberg's ids of a column and of what is in it, as COPY takes them."""
    if isinstance(kind, StructType):
        inner = [f"{quoted(f.name)}: {_ids(f.field_id, f.field_type)}" for f in kind.fields]
    elif isinstance(kind, ListType):
        inner = [f"element: {_ids(kind.element_id, kind.element_type)}"]
    else:
        return str(number)
    return f"{{__duckdb_field_id: {number}, {', '.join(inner)}}}"


def _values(engine: Engine, path: Path, partition: Sequence[str]) -> dict[str, object]:
    """The partition of a file: every row has its values."""
    if not partition:
        return {}
    names = ", ".join(map(quoted, partition))
    place = literal(str(path))
    asked = f"SELECT {names} FROM read_parquet({place}, hive_partitioning = false) LIMIT 1"
    return dict(zip(partition, engine.rows(asked)[0], strict=True))


def _named(table: Table, file: LocalFile, number: int) -> DataFile:
    path, partition = file.path, partition_key(table, dict(file.partition))
    location = new_location(table, number, uuid.uuid4(), partition)
    return data_file(table, location, path.stat().st_size, partition, _statistics(table, path))


def _move(path: Path, location: str) -> None:
    upload(path, location)
    path.unlink()


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_UPLOADS, thread_name_prefix="upload")


def _statistics(table: Table, path: Path) -> DataFileStatistics:
    schema = table.schema()
    return data_file_statistics_from_parquet_metadata(
        parquet_metadata=pq.read_metadata(path),
        stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
