"""The staged rows of batches, as a view that a merge reads."""

from __future__ import annotations

from collections.abc import Sequence

from pyiceberg.expressions import In, Reference

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.late_columns import lay_filled
from dataplatform.duckdb_engine.sizing import BRONZE_EXPANSION, refuse_large
from dataplatform.duckdb_engine.sql import literal
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.ledger.records import Batch
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan


def lay_bronze(engine: Engine, plan: SilverPlan, batches: Sequence[Batch]) -> int:
    """Lay the view `bronze` over the batches' rows; again, over others'.

    Returns:
        Bytes that the work on them takes.

    Raises:
        TooLarge: the function's memory and disk don't do.
        NotForThisEngine: the table has files that only Spark reads.
    """
    names = [batch.batch_id for batch in batches]
    table = LakeTable.open(plan.bronze_table)
    files = table.files(In(Reference(BronzeColumn.BATCH_ID), names))  # type: ignore[call-arg, arg-type]
    needed = refuse_large(engine, plan.bronze_table, files, expansion=BRONZE_EXPANSION)
    columns = [column.name for column in plan.columns]
    columns += [column.value for column in BronzeColumn]
    table.view(engine, "bronze_files", files, columns=columns)
    wanted = ", ".join(map(literal, names))
    engine.execute(
        "CREATE OR REPLACE TEMP VIEW bronze_sent AS SELECT * FROM bronze_files "
        f"WHERE {BronzeColumn.BATCH_ID} IN ({wanted})"
    )
    if any(batch.adopted for batch in batches):  # an earlier run may have staged them otherwise
        lay_filled(engine, plan, "bronze_sent", "bronze")
    else:
        engine.execute("CREATE OR REPLACE TEMP VIEW bronze AS SELECT * FROM bronze_sent")
    return needed
