"""Bronze of a dataset whose contract gets columns later, and what it would have been with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from dataplatform.naming import BronzeColumn
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import Column, SilverPlan
from tests.unit.support.lakes import stores

BEFORE = stores(columns=(Column(name="store_id", type="int"), Column(name="city", type="string")))
AFTER = replace(
    BEFORE,
    columns=(
        *BEFORE.columns,
        Column(name="area", type="decimal(38,18)", field="Area m²"),
        Column(name="tags", type="string"),
        Column(name="nowhere", type="string"),
    ),
)
"""`area` is called otherwise by the source; nothing has a value for `nowhere`."""

JSON_LINES = rb"""{"store_id":1,"city":"A","Area m\u00b2":1.10,"tags":["x",{"y":1.50}],"till":7}
{"store_id":2,"city":"B","Area m\u00b2":0.123456789012345678901,"tags":null,"other":{"tags":"no"}}
{"store_id":3,"Area m\u00b2":1e400,"tags":"plain \"text\"\nwith \u001f \u00e9 \ud83d\ude00"}
{"store_id":4,"city":null,"tags":true,"_op":"delete"}
{"store_id":5,"city":"E","till":"\"tags\":1"}
{"store_id":6,"tags":{}}
{"store_id":7,"city":"G"}
"""
CSV = """store_id,city,till,Area m²,tags,nowhere
1,A,7,1.10,"a ""b""
c",
2,,,,,
3,C,"{""tags"":1}",2,,
""".encode()
SOURCES = {"json": JSON_LINES, "csv": CSV}


def bronze(plan: SilverPlan, format: str, body: bytes, columns: Sequence[str] = ()) -> pa.Table:
    """Rows of bronze as staging makes them of an object.

    Args:
        columns: of the table; the plan's if not told. What the plan doesn't know is null.
    """
    names = [column.name for column in plan.columns]
    blocks = parse([body], format=format, columns=plan.fields)
    rows = [row for block in blocks for row in block.rows]
    made = {
        BronzeColumn.EXTRA: [row.extra for row in rows],
        BronzeColumn.BATCH_ID: ["b"] * len(rows),
        BronzeColumn.OBJECT: ["o"] * len(rows),
        BronzeColumn.VERSION: ["null"] * len(rows),
        BronzeColumn.CHECKSUM: ["c"] * len(rows),
        BronzeColumn.POSITION: [row.position for row in rows],
        BronzeColumn.ARRIVED_AT: [datetime(2026, 11, 21, tzinfo=UTC)] * len(rows),
        BronzeColumn.OP: [row.op for row in rows],
    }
    kinds = {
        BronzeColumn.POSITION: pa.int64(),
        BronzeColumn.ARRIVED_AT: pa.timestamp("us", "UTC"),
    }
    arrays = {
        name: pa.array(
            [row.values[names.index(name)] if name in names else None for row in rows], pa.string()
        )
        for name in columns or names
    }
    arrays |= {c.value: pa.array(made[c], kinds.get(c, pa.string())) for c in BronzeColumn}
    return pa.table(arrays)
