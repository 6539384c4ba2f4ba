"""Rows of bronze once more: the same records, under the id of the replay that takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.table import Table

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.late_columns import filled
from dataplatform.adapters.replay_selection import Place, lost
from dataplatform.ledger.records import Batch
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan


def stage_again(
    plan: SilverPlan,
    batch: Batch,
    table: Table,
    wanted: Mapping[Place, Sequence[int]],
    rows: DataFiles,
) -> int:
    """Write the wanted rows of the origin's in bronze anew, under the replay's id."""
    if not wanted:
        return 0
    scan = table.scan(row_filter=f"{BronzeColumn.BATCH_ID} = '{batch.origin}'")
    positions = {place: pa.array(found, pa.int64()) for place, found in wanted.items()}
    count = 0
    for found in scan.to_arrow_batch_reader():
        chosen = found.filter(_chosen(found, positions))
        if chosen.num_rows:
            count += chosen.num_rows
            rows.write(_renewed(chosen, plan, batch.batch_id, rows.arrow_schema))
    expected = sum(map(len, wanted.values()))
    if count != expected:
        raise lost(batch, plan.bronze_table, count, expected)
    return count


def _chosen(found: pa.RecordBatch, positions: Mapping[Place, pa.Array]) -> pa.Array:
    """Which rows are wanted, as a mask."""
    objects, versions = found.column(BronzeColumn.OBJECT), found.column(BronzeColumn.VERSION)
    mask = pa.repeat(False, found.num_rows)
    here = set(pc.unique(objects).to_pylist())
    for (key, version), wanted in positions.items():
        if key in here:
            of_object = pc.and_(pc.equal(objects, key), pc.equal(versions, version))
            at = pc.is_in(found.column(BronzeColumn.POSITION), value_set=wanted)
            mask = pc.or_(mask, pc.and_(of_object, at))
    return mask


def _renewed(
    chosen: pa.RecordBatch, plan: SilverPlan, batch_id: str, schema: pa.Schema
) -> pa.RecordBatch:
    """The same rows as the contract has them now, under the replay's id."""
    rows = filled(chosen, plan)
    arrays = [
        pa.repeat(pa.scalar(batch_id, field.type), rows.num_rows)
        if field.name == BronzeColumn.BATCH_ID
        else rows.column(field.name).cast(field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
