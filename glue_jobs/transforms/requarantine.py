"""Which rows leave quarantine, and which records go there, by what a backfill has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan

RELEASE, REFUSE = "release", "refuse"
_ID = ["object", "version", "position"]
"""What tells a record from every other of its dataset, however often a replay has copied it."""

_BATCH, _REASONS = BronzeColumn.BATCH_ID.value, "_reasons"
_ARRIVED, _ACTION = BronzeColumn.ARRIVED_AT.value, "_action"
_AT = {
    "object": BronzeColumn.OBJECT.value,
    "version": BronzeColumn.VERSION.value,
    "position": BronzeColumn.POSITION.value,
}


@dataclass(frozen=True)
class Seen:
    """What a chunk has judged, and what of it is in quarantine; small, and persisted.

    places: of each record its place, batch, arrival and `_reasons`.
    rows: of quarantine, of these records: batch_id, reasons, place.
    """

    places: DataFrame
    rows: DataFrame

    def kinds(self) -> list[tuple[str, str]]:
        """Batch and reasons of the rows, each pair once."""
        found = self.rows.select("batch_id", "reasons").distinct().collect()
        return [(row[0], row[1]) for row in found]

    def release(self) -> None:
        """Free what was persisted."""
        self.rows.unpersist()


def seen(typed: DataFrame, quarantined: DataFrame) -> Seen:
    """Look up the chunk's records in quarantine.

    Args:
        quarantined: the dataset's rows of the table.
    """
    at = [F.col(column).alias(name) for name, column in _AT.items()]
    places = typed.select(*at, _BATCH, _ARRIVED, _REASONS)
    rows = quarantined.select("batch_id", "reasons", *_ID).join(places, _ID, "left_semi")
    return Seen(places, rows.persist())


def freed(spark: SparkSession, found: Seen, taken: Sequence[tuple[str, str]]) -> DataFrame:
    """Rows of quarantine whose records are good now, each with how often it stands there.

    Args:
        taken: batch and reasons of the rows that are a replay's.
    """
    good = found.places.where(F.size(_REASONS) == 0)
    return (
        _waiting(spark, found, taken)
        .join(good, _ID, "left_semi")
        .groupBy("batch_id", "reasons", *_ID)
        .agg(F.count("*").alias("times"))
    )


def refused(spark: SparkSession, found: Seen, taken: Sequence[tuple[str, str]]) -> DataFrame:
    """Records that are rejected and not in quarantine; the first of a record's copies for all."""
    bad = F.size(_REASONS) > 0
    first = F.row_number().over(Window.partitionBy(*_ID).orderBy(_ARRIVED, _BATCH))
    return (
        found.places.where(bad)
        .join(_waiting(spark, found, taken), _ID, "left_anti")
        .join(found.places.where(~bad), _ID, "left_anti")
        .withColumn("_first", first)
        .where("_first = 1")
        .select(*_ID, _BATCH, _REASONS)
    )


def of_bronze(bronze: DataFrame, records: DataFrame) -> DataFrame:
    """The rows of bronze of refused records, each once, with `_reasons`."""
    wanted = records.select(
        *(F.col(name).alias(column) for name, column in _AT.items()), _BATCH, _REASONS
    )
    return bronze.join(wanted, [*_AT.values(), _BATCH])


def changes(plan: SilverPlan, run: str, batch: str, gone: DataFrame, rows: DataFrame) -> DataFrame:
    """What becomes of the table of quarantine, with `_action`: rows that go, and rows that come.

    Args:
        run, batch: of the rows that come.
        gone: as `freed` gives them.
        rows: as `of_bronze` gives them.
    """
    sent = [*(column.name for column in plan.columns), BronzeColumn.EXTRA.value]
    come = rows.select(
        F.lit(REFUSE).alias(_ACTION),
        F.lit(plan.dataset).alias("dataset"),
        F.lit(batch).alias("batch_id"),
        F.lit(run).alias("run_id"),
        *(F.col(column).alias(name) for name, column in _AT.items()),
        F.to_json(F.struct(*sent)).alias("record"),
        F.to_json(_REASONS).alias("reasons"),
        F.current_timestamp().alias("quarantined_at"),
    )
    go = gone.drop("times").withColumns({_ACTION: F.lit(RELEASE), "dataset": F.lit(plan.dataset)})
    return come.unionByName(go, allowMissingColumns=True)


def _waiting(spark: SparkSession, found: Seen, taken: Sequence[tuple[str, str]]) -> DataFrame:
    if not taken:
        return found.rows
    theirs = spark.createDataFrame(list(taken), "batch_id string, reasons string")
    return found.rows.join(F.broadcast(theirs), ["batch_id", "reasons"], "left_anti")
