"""Landing to bronze: a batch's objects become rows of text, in one commit that carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.table import Table

from dataplatform.adapters.bronze_spool import Spool
from dataplatform.adapters.iceberg import append_once, committed, open_table
from dataplatform.adapters.iceberg_files import DataFiles
from dataplatform.adapters.landing import LandedBytes
from dataplatform.adapters.quarantine import QuarantineWriter
from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.staging import Staged, check_columns, staged_in, staged_properties
from dataplatform.naming import BronzeColumn
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import SilverPlan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def stage(
    plan: SilverPlan,
    batch: Batch,
    objects: Sequence[LandedObject],
    *,
    s3: S3Client,
    directory: Path,
    limit: int,
) -> Staged:
    """Stage a batch, once: an attempt that finds it in bronze gives what was counted then.

    Unreadable records are committed first. The commit to bronze ends the batch and carries the
    counts, also where it has no rows. What an attempt in between left is the same in the next one,
    because an object version never changes.

    Args:
        directory: local disk on which an object waits until it is read whole.
        limit: bytes that one object may take there, compressed.

    Raises:
        TooLarge: an object takes more, or the disk is full; nothing of the batch is staged.
        TableMissing: the tables, or a column of them, haven't been made yet.
    """
    table = open_table(plan.bronze_table)
    before = recorded(table, batch.batch_id)
    if before is not None:
        return before
    columns = [column.name for column in plan.columns]
    check_columns(plan, table.schema().column_names)
    total = Staged()
    with (
        DataFiles(table, {BronzeColumn.BATCH_ID: batch.batch_id}) as rows,
        QuarantineWriter(plan, batch) as quarantine,
    ):
        for landed in objects:
            with (
                TemporaryDirectory(dir=directory) as room,
                Spool(Path(room), columns, limit=limit) as spool,
            ):
                total += _stage_object(plan, batch, landed, s3, spool, rows, quarantine)
        quarantine.commit()
        append_once(
            table,
            rows.finish(),
            mark=batch.batch_id,
            properties=staged_properties(batch.batch_id, total),
        )
    return total


def _stage_object(
    plan: SilverPlan,
    batch: Batch,
    landed: LandedObject,
    s3: S3Client,
    spool: Spool,
    rows: DataFiles,
    quarantine: QuarantineWriter,
) -> Staged:
    """Read one object to its end, then pass it on; an unreadable one is passed to quarantine."""
    content = LandedBytes(s3, landed)
    try:
        format = plan.format_of(landed.key)
        for block in parse(content, format=format, columns=plan.fields, csv=plan.csv):
            spool.write(block)
    except UnreadableObject as error:
        quarantine.whole_object(landed, error.what)
        return Staged(unreadable=1)
    constants = constants_of(batch, landed, content.sha256)
    for rows_of_object in as_bronze(spool.read_rows(), rows.arrow_schema, constants):
        rows.write(rows_of_object)
    quarantine.records(landed, spool.read_rejected())
    return Staged(rows=spool.rows, unreadable=spool.rejected)


def constants_of(batch: Batch, landed: LandedObject, sha256: str) -> dict[str, object]:
    """Bronze's columns that are the same for each record of an object."""
    return {
        BronzeColumn.BATCH_ID.value: batch.batch_id,
        BronzeColumn.OBJECT.value: landed.key,
        BronzeColumn.VERSION.value: landed.version or "null",
        BronzeColumn.CHECKSUM.value: sha256,
        BronzeColumn.ARRIVED_AT.value: datetime.fromisoformat(landed.arrived_at),
    }


def as_bronze(
    spooled: Iterator[pa.RecordBatch], schema: pa.Schema, constants: Mapping[str, object]
) -> Iterator[pa.RecordBatch]:
    """Rows in the bronze table's shape; a column that the contract no longer has is null."""
    from_spool = {
        BronzeColumn.POSITION.value: "position",
        BronzeColumn.OP.value: "op",
        BronzeColumn.EXTRA.value: "extra",
    }
    for batch in spooled:
        names = set(batch.schema.names)
        arrays = []
        for field in schema:
            name = from_spool.get(field.name, f"column:{field.name}")
            if field.name in constants:
                value = pa.scalar(constants[field.name], field.type)
                arrays.append(pa.repeat(value, batch.num_rows))
            elif name in names:
                arrays.append(batch.column(name).cast(field.type))
            else:
                arrays.append(pa.nulls(batch.num_rows, field.type))
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def recorded(table: Table, batch_id: str) -> Staged | None:
    """What the commit that carries a batch had counted; None where the table has no such commit."""
    summary = committed(table, batch_id)
    return None if summary is None else staged_in([summary], batch_id)
