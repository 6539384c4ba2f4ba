"""Parquet data files of an Iceberg table, written as a stream.

`Table.append` keeps all files of a commit in memory (its thread pool drains the reader), refuses
streams into partitioned tables, and can't be repeated; here one row group is in memory at a time.
"""

from __future__ import annotations

import uuid
from typing import Any, Final, Self

import pyarrow as pa
from pyiceberg.io.fileformat import FileFormatFactory, FileFormatWriter
from pyiceberg.io.pyarrow import DataFileStatistics, schema_to_pyarrow
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table, TableProperties
from pyiceberg.table.locations import load_location_provider
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record

from dataplatform.adapters.iceberg_io import BotoOutput

ROW_GROUP_BYTES: Final = 32 * 1024 * 1024
"""Arrow bytes of one row group: what a writer holds in memory, beside the parts being sent."""


class DataFiles:
    """Writes record batches to data files of one partition; `finish` gives what to commit.

    Args:
        partition: the value of each partition column; tables here partition by identity.
    """

    def __init__(self, table: Table, partition: dict[str, Any]) -> None:
        self._table = table
        self._schema = table.schema()
        self.arrow_schema: pa.Schema = schema_to_pyarrow(self._schema)
        self._partition = partition_key(table, partition)
        self._target = int(
            table.properties.get(
                TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
                TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT,
            )
        )
        self._id = uuid.uuid4()
        self._done: list[DataFile] = []
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._output: _CountedOutput | None = None
        self._writer: FileFormatWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows that have `arrow_schema`."""
        if not batch.num_rows:
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes >= ROW_GROUP_BYTES:
            self._flush()
            if self._output is not None and self._output.written >= self._target:
                self._close_file()

    def finish(self) -> list[DataFile]:
        """Close the last file; all of them, ready to be committed."""
        self._flush()
        self._close_file()
        return self._done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Drop an unfinished upload; closed files are orphans, as after any failed commit."""
        if self._output is not None:
            self._output.discard()

    def _flush(self) -> None:
        if not self._held:
            return
        rows = pa.Table.from_batches(self._held, schema=self.arrow_schema)
        self._held, self._held_bytes = [], 0
        if self._writer is None:
            place = new_location(self._table, len(self._done), self._id, self._partition)
            self._output = _CountedOutput(place)
            model = FileFormatFactory.get(FileFormat.PARQUET)
            self._writer = model.create_writer(self._output, self._schema, self._table.properties)
        self._writer.write(rows)

    def _close_file(self) -> None:
        if self._writer is None or self._output is None:
            return
        self._writer.close()
        statistics = self._writer.result()
        self._done.append(
            data_file(
                self._table,
                self._output.location,
                self._output.written,
                self._partition,
                statistics,
            )
        )
        self._writer, self._output = None, None


class _CountedOutput(BotoOutput):
    """An object being written, whose size is known without asking for it."""

    @property
    def written(self) -> int:
        """Bytes so far."""
        return self._stream.tell() if self._stream else 0

    def discard(self) -> None:
        """Drop what was written."""
        if self._stream:
            self._stream.discard()


def new_location(
    table: Table, number: int, writer: uuid.UUID, partition: PartitionKey | None
) -> str:
    """Where a writer's next data file goes."""
    places = load_location_provider(table.metadata.location, table.properties)
    return places.new_data_location(f"{number:05d}-{writer}.parquet", partition)


def data_file(
    table: Table,
    location: str,
    size: int,
    partition: PartitionKey | None,
    statistics: DataFileStatistics,
) -> DataFile:
    """A Parquet file as a commit takes it; `size` in bytes."""
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=partition.partition if partition else Record(),
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=table.spec().spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


def partition_key(table: Table, values: dict[str, Any]) -> PartitionKey | None:
    """The partition of these values, by column; None where the table has none.

    Raises:
        NotImplementedError: it isn't partitioned by the values themselves.
    """
    spec = table.spec()
    if spec.is_unpartitioned():
        return None
    schema = table.schema()
    found = []
    for field in spec.fields:
        if not isinstance(field.transform, IdentityTransform):
            raise NotImplementedError(f"{table.name()}: partition by {field.transform}")
        found.append(
            PartitionFieldValue(field=field, value=values[schema.find_field(field.source_id).name])
        )
    return PartitionKey(field_values=found, partition_spec=spec, schema=schema)
