"""How much of a table a batch's keys surely lie among, by what Iceberg notes of files.

A file's least and greatest value of a column are values of it, or cut short: of a batch in bronze
they are a few of its keys, as sent. So they tell, without reading a row, in which range keys are,
but not that there are none outside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import SparkSession

from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms.pruning import literal, quoted


def rows_among(
    spark: SparkSession, plan: SilverPlan, batches: Sequence[str], *, bronze: str, silver: str
) -> int:
    """Rows of silver's files that the range of some of the batches' keys touches.

    Returns:
        0 where nothing is known, too; and of a dataset without a key.
    """
    kinds = {column.name: column.type for column in plan.columns}
    ends, meets = [], []
    for number, column in enumerate(plan.primary_key):
        noted = f"readable_metrics.{quoted(column)}"
        sent = [f"CAST({noted}.{end}_bound AS {kinds[column]})" for end in ("lower", "upper")]
        ends += [
            f"least({', '.join(f'min({value})' for value in sent)}) AS low_{number}",
            f"greatest({', '.join(f'max({value})' for value in sent)}) AS high_{number}",
        ]
        meets.append(f"s.{noted}.lower_bound <= high_{number}")
        meets.append(f"s.{noted}.upper_bound >= low_{number}")
    if not ends:
        return 0
    wanted = ", ".join(map(literal, batches))
    found = spark.sql(
        f"SELECT sum(s.record_count) FROM {silver}.files AS s JOIN (SELECT {', '.join(ends)} "
        f"FROM {bronze}.files WHERE partition.{BronzeColumn.BATCH_ID} IN ({wanted})) "
        f"ON {' AND '.join(meets)}"
    ).first()
    return int(found[0] or 0) if found else 0
