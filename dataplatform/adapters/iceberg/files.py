"""Data files of an Iceberg table, ready to be committed by PyIceberg.

`Table.append` keeps all files of a commit in memory (its thread pool drains the reader), refuses
streams into partitioned tables, and can't be repeated; here one row group is in memory at a time.
"""

from __future__ import annotations

import uuid
from typing import Any, Self, cast

import pyarrow as pa
from pyiceberg.io.fileformat import DataFileStatistics
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table
from pyiceberg.table.locations import load_location_provider
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record

from dataplatform.adapters.iceberg.file_io import BotoOutput
from dataplatform.adapters.parquet_files import Output, ParquetFiles, Written


class DataFiles:
    """Writes record batches to data files of one partition; `finish` gives what to commit.

    Args:
        partition: the value of each partition column; tables here partition by identity.
    """

    def __init__(self, table: Table, partition: dict[str, Any]) -> None:
        self._table = table
        self._partition = partition_key(table, partition)
        self.arrow_schema: pa.Schema = schema_to_pyarrow(table.schema())
        places = load_location_provider(table.metadata.location, table.properties)
        self._files = ParquetFiles(
            self.arrow_schema,
            table.properties,
            place=lambda name: places.new_data_location(name, self._partition),
            create=lambda location: cast(Output, BotoOutput(location).create(overwrite=True)),
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows that have `arrow_schema`."""
        self._files.write(batch)

    def finish(self) -> list[DataFile]:
        """Close the last file; all of them, ready to be committed."""
        return [self._committable(file) for file in self._files.finish()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._files.discard()

    def _committable(self, file: Written) -> DataFile:
        schema = self._table.schema()
        statistics = data_file_statistics_from_parquet_metadata(
            file.footer,
            compute_statistics_plan(schema, self._table.properties),
            parquet_path_to_id_mapping(schema),
        )
        return data_file(self._table, file.location, file.size, self._partition, statistics)


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
