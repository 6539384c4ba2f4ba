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
    """Rows of bronze as the contract has them now; few, so each may become a Python object.

    A column is filled where it is null and `_extra` has what the source calls it: a row that was
    staged when the contract had the column has it in no `_extra`. What was filled leaves `_extra`.

    Args:
        rows: with all columns of the plan, and `_extra`.
    """
    columns = [(column.name, sent) for column, sent in zip(plan.columns, plan.fields, strict=True)]
    records = rows.to_pylist()
    for record in records:
        extra = record[BronzeColumn.EXTRA.value]
        if extra is None:
            continue
        lacking = {sent: name for name, sent in columns if record[name] is None}
        known, record[BronzeColumn.EXTRA.value] = lifted(extra, lacking)
        record |= {lacking[sent]: value for sent, value in known.items()}
    arrays = [pa.array([record[f.name] for record in records], f.type) for f in rows.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)
