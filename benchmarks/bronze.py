"""Batches laid straight into bronze, as staging leaves them: ten million rows in half a minute.

What is measured begins behind staging. The next run of the pipeline adopts them, as it adopts what
a run that died has staged.
"""

from __future__ import annotations

import json
from typing import Final

from benchmarks.project import Project
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.naming import COUNTS_PROPERTY, BronzeColumn
from dataplatform.plans.model import SilverPlan

_MEMORY: Final = 3 << 30
_STORAGE: Final = 16 << 30


def lay(bench: Project, dataset: str, query: str, *, name: str, size: int = 0) -> Batch:
    """Append a query's rows to the dataset's bronze table as one batch, and tell the ledger.

    Args:
        query: DuckDB SQL that gives the contract's columns, of any type.
        name: of the object that the rows came in, which isn't there.
        size: bytes that the object would have.
    """
    target = bench.target
    return lay_rows(
        target.ledger,
        target.plan.dataset(dataset),
        query,
        bucket=target.output("LandingBucket"),
        name=name,
        size=size,
    )


def lay_rows(
    ledger: Ledger, plan: SilverPlan, query: str, *, bucket: str, name: str, size: int = 0
) -> Batch:
    """`lay`, for tables that stand without a platform; `bucket` is where landing would be."""
    from dataplatform.adapters.iceberg.tables import append_once, open_table
    from dataplatform.duckdb_engine.engine import Engine
    from dataplatform.duckdb_engine.tables import LakeTable

    dataset = plan.dataset
    run_id = ledger.new_run_id()
    arrived = ledger.now()
    landed = LandedObject(
        dataset=dataset,
        bucket=bucket,
        key=f"{dataset}/{name}",
        version=name,
        size=size,
        checksum=name,
        arrived_at=arrived,
    )
    ledger.register_object(landed)
    batch = ledger.open_batch(run_id, dataset, [landed])
    place = plan.bronze_table
    table = LakeTable.open(place)
    system = {
        BronzeColumn.BATCH_ID: f"'{batch.batch_id}'",
        BronzeColumn.OBJECT: f"'{landed.key}'",
        BronzeColumn.VERSION: f"'{name}'",
        BronzeColumn.CHECKSUM: f"'{name}'",
        BronzeColumn.POSITION: "row_number() OVER ()",
        BronzeColumn.ARRIVED_AT: f"TIMESTAMPTZ '{arrived}'",
        BronzeColumn.OP: "'insert'",
        BronzeColumn.EXTRA: "NULL",
    }
    stamps = ", ".join(f"{value} AS {column}" for column, value in system.items())
    with Engine(memory=_MEMORY, storage=_STORAGE) as engine:
        files = table.write(engine, f"SELECT *, {stamps} FROM ({query})")
    rows = sum(file.record_count for file in files)
    counts = json.dumps({batch.batch_id: {"rows": rows, "unreadable": 0}})
    append_once(open_table(place), files, mark=batch.batch_id, properties={COUNTS_PROPERTY: counts})
    ledger.batch_staged(batch.batch_id, source=rows, unreadable=0, rows=rows)
    return ledger.batch(batch.batch_id)
