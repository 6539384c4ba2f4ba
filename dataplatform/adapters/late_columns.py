"""Columns that a contract came to have after rows were staged: their text lies in `_extra`.

Which text, and what is left of `_extra` then, says the parser (`json_rows.lifted`), since bronze
must be what it would have been: a number keeps the digits that it was written with. DuckDB and
Spark differ from it, and from each other, in what they make of JSON.
"""

from __future__ import annotations

import pyarrow as pa

from dataplatform.naming import BronzeColumn
from dataplatform.parsing.json_rows import lifted
from dataplatform.plans.model import SilverPlan


def filled(rows: pa.RecordBatch, plan: SilverPlan) -> pa.RecordBatch:
    """Rows of bronze as the contract has them now; few, so Python may look at each.

    A column is filled where it is null and `_extra` has what the source calls it: a row that was
    staged when the contract had the column has it in no `_extra`. What was filled leaves `_extra`.

    Args:
        rows: with all columns of the plan, and `_extra`.
    """
    held = {
        sent: rows.column(column.name).to_pylist()
        for column, sent in zip(plan.columns, plan.fields, strict=True)
        if rows.column(column.name).null_count
    }
    extras = rows.column(BronzeColumn.EXTRA).to_pylist()
    for at, extra in enumerate(extras):
        if extra is not None:
            lacking = [sent for sent, values in held.items() if values[at] is None]
            known, extras[at] = lifted(extra, lacking)
            for sent, value in known.items():
                held[sent][at] = value
    names = {column.name: sent for column, sent in zip(plan.columns, plan.fields, strict=True)}
    made = {name: held[sent] for name, sent in names.items() if sent in held}
    made[BronzeColumn.EXTRA.value] = extras
    arrays = [
        pa.array(made[field.name], field.type) if field.name in made else rows.column(field.name)
        for field in rows.schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)
