"""Files that Spark's workers have written, as commits to Iceberg tables take them.

Iceberg reads each file's counts and bounds from its footer, as it does for files of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from glue_jobs import tables
from glue_jobs.transforms.files import Destination, NewFile

_FIELD_ID: Final = b"PARQUET:field_id"
_ANY_NAME: Final = "x"


def destination(spark: SparkSession, table: str, partition: Mapping[str, str]) -> Destination:
    """Where files of a partition go; `table` as `database.table`."""
    loaded = tables.loaded(spark, table)
    ids = loaded.schema()
    fields = [
        field.with_metadata({_FIELD_ID: str(ids.findField(field.name).fieldId()).encode()})
        for field in to_arrow_schema(spark.table(tables.qualified(table)).schema)
    ]
    place = loaded.locationProvider().newDataLocation(
        loaded.spec(), _partition(spark, loaded, partition), _ANY_NAME
    )
    return Destination(
        schema=pa.schema(fields),
        properties=dict(loaded.properties()),
        folder=place.rpartition("/")[0],
    )


def commit(
    spark: SparkSession,
    table: str,
    partition: Mapping[str, str],
    files: Sequence[NewFile],
    properties: Mapping[str, str],
    *,
    replacing: bool,
) -> None:
    """Add files to a partition in one commit with these properties.

    Args:
        replacing: whether they are then all that the partition holds.
    """
    loaded = tables.loaded(spark, table)
    add = loaded.newReplacePartitions().addFile if replacing else loaded.newAppend().appendFile
    iceberg: Any = spark.sparkContext._jvm.org.apache.iceberg  # type: ignore[union-attr]
    wanted = iceberg.MetricsConfig.forTable(loaded)
    place = _partition(spark, loaded, partition)
    pending: Any = None
    for file in files:
        read = loaded.io().newInputFile(file.location, file.size)
        made = (
            iceberg.DataFiles.builder(loaded.spec())
            .withInputFile(read)
            .withFormat("PARQUET")
            .withPartition(place)
            .withMetrics(iceberg.parquet.ParquetUtil.fileMetrics(read, wanted))
            .withSplitOffsets(_longs(spark, file.split_offsets))
            .build()
        )
        pending = add(made)
    for name, value in properties.items():
        pending.set(name, value)
    pending.commit()


def _partition(spark: SparkSession, loaded: Any, values: Mapping[str, str]) -> Any:
    """The partition of these values, by column; tables here partition by texts themselves.

    Raises:
        NotImplementedError: this one doesn't.
    """
    spec = loaded.spec()
    record = spark.sparkContext._jvm.org.apache.iceberg.PartitionData(  # type: ignore[union-attr]
        spec.partitionType()
    )
    for place, field in enumerate(spec.fields()):
        if not field.transform().isIdentity():
            raise NotImplementedError(f"{loaded.name()}: partition by {field.transform()}")
        record.set(place, values[loaded.schema().findColumnName(field.sourceId())])
    return record


def _longs(spark: SparkSession, numbers: Sequence[int]) -> Any:
    """`java.util.List<Long>`: py4j makes integers of what is small."""
    context = spark.sparkContext
    jvm: Any = context._jvm
    made = context._gateway.new_array(jvm.long, len(numbers))  # type: ignore[union-attr]
    for place, number in enumerate(numbers):
        made[place] = number
    return (
        jvm.java.util.Arrays.stream(made).boxed().collect(jvm.java.util.stream.Collectors.toList())
    )
