"""Bronze in which columns that came late have the values that lie in `_extra`, by Spark.

What `dataplatform.adapters.late_columns` does for the functions, by the same parser.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.naming import BronzeColumn
from dataplatform.parsing.json_rows import lifted
from dataplatform.plans.model import SilverPlan

_LIFTED = "_lifted"


def late(rows: DataFrame, plan: SilverPlan) -> list[str]:
    """Columns of which some rows of bronze have the value in `_extra`; usually none.

    It reads `_extra` alone, and no row of it in Python.
    """
    extra = F.col(BronzeColumn.EXTRA)
    fields = rows.where(extra.isNotNull()).select(
        F.explode(F.expr(f"json_object_keys({BronzeColumn.EXTRA})")).alias("field")
    )
    known = dict(zip(plan.fields, (column.name for column in plan.columns), strict=True))
    found = fields.where(F.col("field").isin(list(known))).distinct().collect()
    return sorted(known[row.field] for row in found)


def filled(rows: DataFrame, plan: SilverPlan, columns: list[str]) -> DataFrame:
    """Rows of bronze as the contract has them now.

    A column is filled where it is null and `_extra` has what the source calls it; what was filled
    leaves `_extra`.

    Args:
        columns: as `late` gives them; the rows as they are where there is none.
    """
    if not columns:
        return rows
    known = {column.name: sent for column, sent in zip(plan.columns, plan.fields, strict=True)}
    fields = [known[name] for name in columns]

    def lift(extra: str | None, lacking: list[bool]) -> list[str | None]:
        if extra is None:
            return [None] * (len(fields) + 1)
        wanted = [sent for sent, lacks in zip(fields, lacking, strict=True) if lacks]
        found, left = lifted(extra, wanted)
        return [*(found.get(sent) for sent in fields), left]

    lacking = F.array(*(F.col(name).isNull() for name in columns))
    made = {
        name: F.coalesce(F.col(name), F.col(_LIFTED)[number]) for number, name in enumerate(columns)
    }
    made[BronzeColumn.EXTRA] = F.col(_LIFTED)[len(columns)]
    selected = [made.get(name, F.col(name)).alias(name) for name in rows.columns]
    text = F.udf(lift, "array<string>")(F.col(BronzeColumn.EXTRA), lacking)
    return rows.withColumn(_LIFTED, text).select(*selected)
