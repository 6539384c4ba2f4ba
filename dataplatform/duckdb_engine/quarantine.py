"""Rejected records to the quarantine table: as sent, with every reason, once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import append_once, open_table
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.sql import literal, quoted
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.ledger.commits import not_quarantined, quarantine_marks
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan

_PLACE: Final = tuple(
    column.value
    for column in (
        BronzeColumn.BATCH_ID,
        BronzeColumn.OBJECT,
        BronzeColumn.VERSION,
        BronzeColumn.POSITION,
    )
)
"""What tells a record of a batch list from every other."""


def quarantine(engine: Engine, plan: SilverPlan, run_id: str, batches: Sequence[str]) -> None:
    """Append the rejected records of the view `typed`; those that are there already stay alone.

    The caller holds the lease of the dataset's silver table, so no other attempt quarantines the
    same batches; other datasets append meanwhile.

    Raises:
        TooLarge: memory and disk were full before it was done.
    """
    published = (snapshot.summary for snapshot in LakeTable.open(plan.quarantine_table).snapshots())
    missing = not_quarantined(published, batches)
    if not missing:
        return
    table = open_table(plan.quarantine_table)
    with DataFiles(table, {"dataset": plan.dataset}) as files:
        for batch in engine.batches(_rejected(plan, missing)):
            files.write(records_of(batch, plan, run_id, files.arrow_schema))
        append_once(table, files.finish(), mark=quarantine_marks(missing), properties={})


def _rejected(plan: SilverPlan, batches: Sequence[str]) -> str:
    """Records as bronze holds them, so that a replay starts from the source's own text."""
    columns = ", ".join(f"b.{quoted(name)}" for name in sent(plan))
    place = ", ".join(_PLACE)
    wanted = ", ".join(literal(batch) for batch in batches)
    return (
        f"SELECT {place}, r._reasons, {columns} FROM bronze AS b JOIN ("
        f"SELECT {place}, _reasons FROM typed WHERE len(_reasons) > 0 "
        f"AND {BronzeColumn.BATCH_ID} IN ({wanted})) AS r USING ({place})"
    )


def sent(plan: SilverPlan) -> list[str]:
    """Columns of bronze that are a record as it was sent."""
    return [*(column.name for column in plan.columns), BronzeColumn.EXTRA.value]


def records_of(
    rejected: pa.RecordBatch, plan: SilverPlan, run_id: str, schema: pa.Schema
) -> pa.RecordBatch:
    """Rows of quarantine for rejected records: their place, `_reasons`, and `sent`."""
    count = rejected.num_rows
    columns: dict[str, Any] = {
        "dataset": [plan.dataset] * count,
        "batch_id": rejected.column(BronzeColumn.BATCH_ID),
        "run_id": [run_id] * count,
        "object": rejected.column(BronzeColumn.OBJECT),
        "version": rejected.column(BronzeColumn.VERSION),
        "position": rejected.column(BronzeColumn.POSITION),
        "record": list(_json_objects(rejected.select(sent(plan)))),
        "reasons": [_json(found) for found in rejected.column("_reasons").to_pylist()],
        "quarantined_at": [datetime.now(UTC)] * count,
    }
    arrays = [_array(columns[field.name], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _json_objects(sent: pa.RecordBatch) -> Iterator[str]:
    """As Spark's `to_json` has it: what is null is left out."""
    for record in sent.to_pylist():
        yield _json({name: value for name, value in record.items() if value is not None})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)
