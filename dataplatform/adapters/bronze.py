"""Landing to bronze: a batch's objects become rows of text, in one commit that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pyiceberg.table import Table

from dataplatform.adapters.bronze_objects import stage_object
from dataplatform.adapters.bronze_spool import Spool
from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import append_once, committed, open_table
from dataplatform.adapters.landing import LandedBytes
from dataplatform.adapters.quarantine import QuarantineWriter
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
                format = plan.format_of(landed.key)
                total += stage_object(
                    landed,
                    LandedBytes(s3, landed),
                    partial(parse, format=format, columns=plan.fields, csv=plan.csv),
                    spool=spool,
                    rows=rows,
                    rejects=quarantine.rejects,
                )
        quarantine.commit()
        append_once(
            table,
            rows.finish(),
            mark=batch.batch_id,
            properties=staged_properties(batch.batch_id, total),
        )
    return total


def recorded(table: Table, batch_id: str) -> Staged | None:
    """What the commit that carries a batch had counted; None where the table has no such commit."""
    summary = committed(table, batch_id)
    return None if summary is None else staged_in([summary], batch_id)
