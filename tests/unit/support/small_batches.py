"""A table of the lake that takes many small batches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import append_once, open_table
from dataplatform.naming import OUTCOMES_PROPERTY, SEQUENCE_PROPERTY, SilverColumn


def append(
    name: str,
    batch_id: str,
    rows: Sequence[Mapping[str, Any]],
    partition: Mapping[str, Any] | None = None,
    **properties: str,
) -> None:
    """One batch as one file in one commit; what a row doesn't name is null."""
    table = open_table(name)
    with DataFiles(table, dict(partition or {})) as files:
        schema = files.arrow_schema
        arrays = [pa.array([row.get(f.name) for row in rows], f.type) for f in schema]
        files.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
        append_once(table, files.finish(), mark=batch_id, properties=properties)


def publish(name: str, number: int, rows: int = 2, city: str = "Bilbao") -> None:
    """A batch of silver as the pipeline publishes it: `stores-<number>`, with that sequence."""
    batch = f"stores-{number}"
    found = [
        {"store_id": number * rows + at, "city": city, SilverColumn.SEQUENCE: number}
        for at in range(rows)
    ]
    outcomes = {batch: {"inserted": rows}}
    properties = {SEQUENCE_PROPERTY: str(number), OUTCOMES_PROPERTY: json.dumps(outcomes)}
    append(name, batch, found, {"city": city}, **properties)
