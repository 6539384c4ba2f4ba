"""What became of a batch's records, in numbers: for its books, and for its audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.ledger.records import Outcomes
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan, fill
from dataplatform.quality.profile import sample_of
from glue_jobs.transforms import silver


def outcomes(classified: silver.Classified, sent: Mapping[str, int]) -> dict[str, Outcomes]:
    """Count each batch's records by outcome; `sent` as in `booked`."""
    by_action: dict[str, dict[str, int]] = {}
    rows = classified.actions.groupBy(BronzeColumn.BATCH_ID.value, silver.ACTION).count().collect()
    for row in rows:
        by_action.setdefault(row[0], {})[row[1]] = row[2]
    return booked(classified, by_action, sent)


def booked(
    judged: silver.Judged, by_action: Mapping[str, Mapping[str, int]], sent: Mapping[str, int]
) -> dict[str, Outcomes]:
    """Each batch's outcomes; a batch without readable rows counts nothing.

    Rejected records are counted where the good ones aren't all there are: to look for them costs
    as much as to cast the batches. A record that is in neither is in no count, so that the books,
    which know the source's own number, don't balance.

    Args:
        by_action: batch -> action -> its good records; none of a batch that isn't there.
        sent: batch -> the rows that staging counted into bronze.
    """
    good = {batch: sum(by_action.get(batch, {}).values()) for batch in sent}
    rejected = {} if good == sent else _count_by_batch(judged.rejected)
    return {batch: _outcomes(by_action.get(batch, {}), rejected.get(batch, 0)) for batch in sent}


def figures(classified: silver.Classified, plan: SilverPlan, rows: int) -> tuple[Any, ...]:
    """The answer to the plan's audit of what is classified; `rows` as in `answer`."""
    deleted = F.col(BronzeColumn.OP).eqNullSafe(silver.DELETE)
    return answer(classified.newest.where(~deleted), plan, rows)


def answer(accepted: DataFrame, plan: SilverPlan, rows: int) -> tuple[Any, ...]:
    """The answer to the plan's audit; empty where it asks nothing.

    Args:
        accepted: the newest row of each key, without deletes.
        rows: of the batches in bronze, about.
    """
    if plan.audit is None:
        return ()
    view = f"weir_accepted_{plan.dataset}"
    accepted.createOrReplaceTempView(view)
    sql = fill(plan.audit.spark, records=view, sample=str(sample_of(rows)))
    return tuple(accepted.sparkSession.sql(sql).collect()[0])


def warned(classified: silver.Classified, plan: SilverPlan) -> list[tuple[str, list[str], int]]:
    """Batch, names of the checks, and how many records passed that broke just these."""
    if not plan.warns:
        return []
    found = classified.actions.where(F.size(silver.WARNINGS) > 0)
    counted = found.groupBy(BronzeColumn.BATCH_ID.value, silver.WARNINGS).count().collect()
    return [(row[0], list(row[1]), row[2]) for row in counted]


def _outcomes(counts: Mapping[str, int], rejected: int) -> Outcomes:
    return Outcomes(
        inserted=counts.get(silver.INSERT, 0),
        updated=counts.get(silver.UPDATE, 0),
        deleted=counts.get(silver.DELETE, 0),
        duplicate=counts.get(silver.DUPLICATE, 0) + counts.get(silver.SUPERSEDED, 0),
        quarantined=rejected,
    )


def _count_by_batch(frame: DataFrame) -> dict[str, int]:
    return {row[0]: row[1] for row in frame.groupBy(BronzeColumn.BATCH_ID.value).count().collect()}
