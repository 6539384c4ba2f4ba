"""A batch of one dataset, from strings as sent to rows with exactly one outcome each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.ledger.records import Outcomes
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan, fill

INSERT, UPDATE, DELETE, DUPLICATE = "insert", "update", "delete", "duplicate"
_RANK, _REASONS, _ACTION = "_rank", "_reasons", "_action"
_PLACE = [
    column.value
    for column in (
        BronzeColumn.BATCH_ID,
        BronzeColumn.OBJECT,
        BronzeColumn.VERSION,
        BronzeColumn.POSITION,
    )
]
"""What tells a record of a batch list from every other."""


@dataclass(frozen=True)
class Classified:
    """The records of a batch list, each with its outcome; both frames are persisted.

    raw: the batches' rows of bronze, strings as sent.
    rejected: the record's place and `_reasons` (never empty).
    newest: the newest row of each key with `_action`.
    superseded: batch id -> records that a newer row of the same batches replaced.
    """

    raw: DataFrame
    rejected: DataFrame
    newest: DataFrame
    typed: DataFrame
    superseded: Mapping[str, int]

    def release(self) -> None:
        """Free what was persisted."""
        self.newest.unpersist()
        self.typed.unpersist()


def classify(
    spark: SparkSession, plan: SilverPlan, batches: Sequence[str], *, bronze: str, silver: str
) -> Classified:
    """Cast, check, reduce to the newest row of each key, and compare with what silver holds.

    Args:
        bronze: qualified table that holds the batches' rows as strings.
        silver: qualified table that the rows would be merged into.
    """
    wanted = ", ".join(f"'{batch}'" for batch in batches)
    raw = spark.sql(f"SELECT * FROM {bronze} WHERE {BronzeColumn.BATCH_ID} IN ({wanted})")
    typed = _step(spark, plan.spark.typed, "bronze", raw, plan).persist()
    rejected = typed.where(F.size(_REASONS) > 0)
    ranked = _step(spark, plan.spark.newest, "good", typed.where(F.size(_REASONS) == 0), plan)
    newest = ranked.where(F.col(_RANK) == 1).drop(_RANK)
    classified = _step(
        spark, plan.spark.classified, "newest", newest, plan, silver=silver
    ).persist()
    good = _count_by_batch(typed.where(F.size(_REASONS) == 0))
    kept = _count_by_batch(classified)
    superseded = {batch: rows - kept.get(batch, 0) for batch, rows in good.items()}
    return Classified(raw, rejected, classified, typed, superseded)


def outcomes(classified: Classified, batches: Iterable[str]) -> dict[str, Outcomes]:
    """Count each batch's records by outcome; a batch without readable rows counts nothing."""
    by_action: dict[str, dict[str, int]] = {}
    rows = classified.newest.groupBy(BronzeColumn.BATCH_ID.value, _ACTION).count().collect()
    for row in rows:
        by_action.setdefault(row[0], {})[row[1]] = row[2]
    rejected = _count_by_batch(classified.rejected)
    return {
        batch: Outcomes(
            inserted=by_action.get(batch, {}).get(INSERT, 0),
            updated=by_action.get(batch, {}).get(UPDATE, 0),
            deleted=by_action.get(batch, {}).get(DELETE, 0),
            duplicate=by_action.get(batch, {}).get(DUPLICATE, 0)
            + classified.superseded.get(batch, 0),
            quarantined=rejected.get(batch, 0),
        )
        for batch in batches
    }


def changes(classified: Classified) -> DataFrame:
    """Only the rows that change silver: merging equal rows again costs more than the first time."""
    return classified.newest.where(F.col(_ACTION) != DUPLICATE)


def quarantine_records(classified: Classified, plan: SilverPlan, run_id: str) -> DataFrame:
    """Rejected records in the quarantine table's shape, as sent and with every reason.

    The record is what bronze holds, so that a replay starts from the source's own text.
    """
    sent = [*(column.name for column in plan.columns), BronzeColumn.EXTRA.value]
    rejected = classified.rejected.select(*_PLACE, _REASONS)
    return classified.raw.join(rejected, _PLACE).select(
        F.lit(plan.dataset).alias("dataset"),
        F.col(BronzeColumn.BATCH_ID).alias("batch_id"),
        F.lit(run_id).alias("run_id"),
        F.col(BronzeColumn.OBJECT).alias("object"),
        F.col(BronzeColumn.VERSION).alias("version"),
        F.col(BronzeColumn.POSITION).alias("position"),
        F.to_json(F.struct(*sent)).alias("record"),
        F.to_json(_REASONS).alias("reasons"),
        F.current_timestamp().alias("quarantined_at"),
    )


def _step(
    spark: SparkSession, sql: str, placeholder: str, frame: DataFrame, plan: SilverPlan, **more: str
) -> DataFrame:
    view = f"weir_{placeholder}_{plan.dataset}"
    frame.createOrReplaceTempView(view)
    return spark.sql(fill(sql, **{placeholder: view}, **more))


def _count_by_batch(frame: DataFrame) -> dict[str, int]:
    return {row[0]: row[1] for row in frame.groupBy(BronzeColumn.BATCH_ID.value).count().collect()}
