"""Rows derived anew: the newest good record of each key over all of bronze, against what stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.ledger.records import Backfill, Chunk
from dataplatform.naming import BronzeColumn, was_column
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms.pruning import quoted
from glue_jobs.transforms.silver import DELETE, standing, step

_REASONS, _RANK, _ACTION = "_reasons", "_rank", "_action"
_ABSENT = "absent"

_NOT_RANKED = (_REASONS, "_warnings", BronzeColumn.EXTRA.value, BronzeColumn.VERSION.value)
_RANKED_BY = (_RANK, BronzeColumn.ARRIVED_AT.value, BronzeColumn.OBJECT.value)
"""What no later step reads: it would be sorted, and then kept, beside every record."""


@dataclass(frozen=True)
class Derived:
    """What bronze says of a chunk's keys; it waits on the executors' disks until `release`.

    typed: every record with a key that occurs in the window, cast and checked.
    newest: the newest good record of each key that isn't null.
    bare: keys for which today's rules leave none.
    records, rejected, keys: how many there are of typed, of typed with reasons, of both others.
    """

    typed: DataFrame
    newest: DataFrame
    bare: DataFrame
    records: int
    rejected: int
    keys: int

    def release(self) -> None:
        """Free the disks."""
        for frame in (self.bare, self.newest, self.typed):
            frame.unpersist()


def derive(
    spark: SparkSession, plan: SilverPlan, bronze: DataFrame, backfill: Backfill, chunk: Chunk
) -> Derived:
    """Find the keys that occur in the window, and all that was ever sent of them.

    A record whose key can't be cast has null for it; all such records are looked at together.

    Args:
        bronze: rows of published batches, strings as sent.
    """
    typed = _affected(spark, plan, bronze, backfill, chunk).persist(StorageLevel.DISK_ONLY)
    bad = F.size(_REASONS) > 0
    looked_at = typed.agg(F.count("*"), F.count_if(bad)).first()
    assert looked_at is not None  # an aggregate without groups has one row
    ranked = step(spark, plan.spark.newest, "good", typed.where(~bad).drop(*_NOT_RANKED), plan)
    has_key = reduce(Column.__and__, (F.col(quoted(name)).isNotNull() for name in plan.key))
    newest = ranked.where((F.col(_RANK) == 1) & has_key).drop(*_RANKED_BY)
    newest = newest.persist(StorageLevel.DISK_ONLY)
    keys = [quoted(name) for name in plan.key]
    bare = typed.where(has_key).select(*keys).distinct().join(newest, list(plan.key), "left_anti")
    bare = bare.persist(StorageLevel.DISK_ONLY)
    return Derived(
        typed, newest, bare, looked_at[0], looked_at[1], keys=newest.count() + bare.count()
    )


def compare(spark: SparkSession, plan: SilverPlan, derived: Derived, silver: str) -> DataFrame:
    """Say of each key what silver lacks, in `_action`: persisted, to be counted and written from.

    Args:
        silver: qualified table; "" where nothing is in it yet.
    """
    held = standing(plan, derived.typed, silver)
    newest = step(spark, plan.spark.backfilled, "newest", derived.newest, plan, silver=held)
    return newest.unionByName(_gone(spark, plan, derived, held), allowMissingColumns=True).persist()


def counted(actions: DataFrame) -> dict[str, int]:
    """Keys by action."""
    return {row[0]: row[1] for row in actions.groupBy(_ACTION).count().collect()}


def _affected(
    spark: SparkSession, plan: SilverPlan, bronze: DataFrame, backfill: Backfill, chunk: Chunk
) -> DataFrame:
    """Every record of the keys; where all records are in the window, none has to be looked for."""
    arrived = F.col(BronzeColumn.ARRIVED_AT)
    since, until = (F.lit(at).cast("timestamp") for at in (backfill.since, backfill.until))
    within = (arrived >= since) & (arrived < until)
    cast = step(spark, plan.spark.typed, "bronze", bronze, plan)
    cast = cast.where(chunk.condition(plan.spark.part))
    if bronze.where(~within).isEmpty():
        return cast
    keys = cast.where(within).select(*map(quoted, plan.key)).distinct()
    same = [F.col(f"t.{quoted(name)}").eqNullSafe(F.col(f"a.{quoted(name)}")) for name in plan.key]
    return cast.alias("t").join(keys.alias("a"), same, "left_semi")


def _gone(spark: SparkSession, plan: SilverPlan, derived: Derived, held: str) -> DataFrame:
    """Keys without a good record: their rows go, and where they stand is told as of any other."""
    view = f"weir_bare_{plan.dataset}"
    derived.bare.createOrReplaceTempView(view)
    keys = [quoted(name) for name in plan.key]
    was = [f"s.{quoted(name)} AS {quoted(was_column(name))}" for name in plan.partition_by]
    action = f"IF(s.{keys[0]} IS NULL, '{_ABSENT}', '{DELETE}') AS {_ACTION}"
    columns = ", ".join([*(f"n.{key}" for key in keys), *was, action])
    on = " AND ".join(f"n.{key} = s.{key}" for key in keys)
    return spark.sql(f"SELECT {columns} FROM {view} AS n LEFT JOIN {held} AS s ON {on}")
