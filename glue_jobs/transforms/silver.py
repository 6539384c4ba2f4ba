"""A batch of one dataset, from strings as sent to rows with exactly one outcome each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.naming import BronzeColumn, SilverColumn, was_column
from dataplatform.plans.model import SilverPlan, fill
from glue_jobs.transforms import pruning
from glue_jobs.transforms.late_columns import filled, late
from glue_jobs.transforms.pruning import Asked

INSERT, UPDATE, DELETE, DUPLICATE = "insert", "update", "delete", "duplicate"
SUPERSEDED = "superseded"
"""Of a row: a newer one of the same batches has its key."""

RANK, ACTION, WARNINGS = "_rank", "_action", "_warnings"
_REASONS, _ONCE = "_reasons", "_once"
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

_BEFORE_RANKING = [_REASONS, _ONCE, BronzeColumn.EXTRA.value, BronzeColumn.VERSION.value]
_FOR_RANKING = [RANK, BronzeColumn.ARRIVED_AT.value, BronzeColumn.OBJECT.value]
"""What no later step reads: it would be sorted, and then kept, beside every record."""

_SYSTEM_KEY = {SilverColumn.CHECKSUM.value: "string", SilverColumn.POSITION.value: "bigint"}
"""What identifies a record without a key."""


@dataclass(frozen=True)
class Judged:
    """The records of a batch list, of which some are rejected.

    raw: the batches' rows of bronze, strings as sent.
    rejected: the record's place and `_reasons` (never empty); casts anew, as it is rarely asked.
    """

    raw: DataFrame
    rejected: DataFrame


@dataclass(frozen=True)
class Ranked(Judged):
    """Its good records, each with its rank among those of its key.

    cast: every record, cast and checked.
    rows: the good ones with `_rank`: 1 for the newest of its key.
    """

    cast: DataFrame
    rows: DataFrame


@dataclass(frozen=True)
class Classified(Judged):
    """Its records, each with its outcome.

    actions: every good row with `_action`: `superseded` where a newer row of the same batches has
        its key, else what becomes of it. Persisted: classified once, counted and written from.
    """

    actions: DataFrame

    @property
    def newest(self) -> DataFrame:
        """The newest row of each key."""
        return self.actions.where(F.col(ACTION) != SUPERSEDED)

    def release(self) -> None:
        """Free what was persisted."""
        self.actions.unpersist()


def rank(
    spark: SparkSession,
    plan: SilverPlan,
    batches: Sequence[str],
    *,
    bronze: str,
    adopted: bool = False,
) -> Ranked:
    """Cast and check, and tell the newest row of each key.

    Args:
        bronze: qualified table that holds the batches' rows as strings.
        adopted: whether an earlier run may have staged some, by another contract.
    """
    wanted = ", ".join(f"'{batch}'" for batch in batches)
    raw = spark.sql(f"SELECT * FROM {bronze} WHERE {BronzeColumn.BATCH_ID} IN ({wanted})")
    if adopted:
        raw = filled(raw, plan, late(raw, plan))
    cast = step(spark, plan.spark.typed, "bronze", raw, plan)
    typed = _cast_once(cast)
    good = typed.where(_is_good()).drop(*_BEFORE_RANKING)
    rows = step(spark, plan.spark.newest, "good", good, plan)
    return Ranked(raw, typed.where(~_is_good()), cast, rows)


def compare(spark: SparkSession, plan: SilverPlan, ranked: Ranked, held: str) -> Classified:
    """Compare ranked rows with those that stand.

    Args:
        held: SQL of the table, or of what of it can have the batches' keys.
    """
    compared = step(spark, plan.spark.classified, "newest", ranked.rows, plan, silver=held)
    action = F.when(F.col(RANK) > 1, SUPERSEDED).otherwise(F.col(ACTION))
    actions = compared.withColumn(ACTION, action).drop(*_FOR_RANKING).persist()
    return Classified(ranked.raw, ranked.rejected, actions)


def matched(actions: DataFrame) -> DataFrame:
    """Of any rows with `_action` those that change a row that stands."""
    return actions.where(F.col(ACTION).isin(UPDATE, DELETE))


def within(actions: DataFrame, plan: SilverPlan) -> str:
    """SQL that is true of the rows of silver (alias `t`) that are updated or deleted.

    By the key, and by the partitions in which classification found them: where a row is now, not
    where it will be.

    Args:
        actions: rows with `_action` and, of each partition column, `naming.was_column`.
    """
    moving = [column for column in plan.partition_by if column not in plan.key]
    kinds = {column.name: column.type for column in plan.columns}
    was = [
        Asked(column=c, source=was_column(c), kind=kinds[c], listed=True, null_too=True)
        for c in moving
    ]
    return pruning.condition(matched(actions), [*_key(plan), *was], table="t")


def quarantine_records(judged: Judged, plan: SilverPlan, run_id: str) -> DataFrame:
    """Rejected records in the quarantine table's shape, as sent and with every reason.

    The record is what bronze holds, so that a replay starts from the source's own text.
    """
    sent = [*(column.name for column in plan.columns), BronzeColumn.EXTRA.value]
    rejected = judged.rejected.select(*_PLACE, _REASONS)
    return judged.raw.join(rejected, _PLACE).select(
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


def standing(plan: SilverPlan, cast: DataFrame, silver: str) -> str:
    """What of silver can have keys of the batches: files with none of them aren't read.

    Rejected records have a say too, so that none has to be checked twice: they can only widen it.
    """
    if not silver:
        columns = {**{c.name: c.type for c in plan.columns}, **_SYSTEM_KEY}
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS `{c}`" for c, kind in columns.items())
        return f"(SELECT {nothing} WHERE FALSE)"
    return f"(SELECT * FROM {silver} AS t WHERE {pruning.condition(cast, _key(plan), table='t')})"


def _key(plan: SilverPlan) -> list[Asked]:
    """The key's columns; few values have partitions, and checksums, of which an object has one."""
    kinds = {**{column.name: column.type for column in plan.columns}, **_SYSTEM_KEY}
    few = (*plan.partition_by, SilverColumn.CHECKSUM.value)
    return [Asked(column=c, source=c, kind=kinds[c], listed=c in few) for c in plan.key]


def _cast_once(typed: DataFrame) -> DataFrame:
    """Keep Spark from pushing a filter on `_reasons` below the casts that it is made from.

    It would put a copy of every cast into the filter and cast each record twice. A filter isn't
    pushed below a column that isn't a function of the record alone, if the filter reads it.
    """
    return typed.withColumn(_ONCE, F.monotonically_increasing_id())


def _is_good() -> Column:
    return (F.size(_REASONS) == 0) & (F.col(_ONCE) >= 0)


def step(
    spark: SparkSession, sql: str, placeholder: str, frame: DataFrame, plan: SilverPlan, **more: str
) -> DataFrame:
    """One statement of the plan over a frame; `more` are tables or views that it reads, too."""
    view = f"weir_{placeholder}_{plan.dataset}"
    frame.createOrReplaceTempView(view)
    return spark.sql(fill(sql, **{placeholder: view}, **more))
