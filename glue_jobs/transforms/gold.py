"""A gold model's fresh rows against the table that stands: what to insert, update and delete."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.gold.keys import key_refused
from dataplatform.gold.records import ACTION, DELETE, INSERT, UPDATE, Counts
from dataplatform.plans.model import GoldModel


def compare(model: GoldModel, fresh: DataFrame, current: DataFrame, *, whole: bool) -> DataFrame:
    """Rows that differ, with `_action`; unchanged rows are left out.

    Args:
        fresh: rows that the model's SQL gives now.
        current: the gold table.
        whole: `fresh` is all of the model, so that a key which it lacks is deleted.
    """
    columns = [column.name for column in model.columns]
    key = list(model.key)
    left = fresh.select(*columns).withColumn("_fresh", F.lit(True)).alias("f")
    right = current.select(*columns).withColumn("_current", F.lit(True)).alias("c")
    on = [F.col(f"f.{name}") == F.col(f"c.{name}") for name in key]
    joined = left.join(right, on, "full_outer" if whole else "left_outer")
    same = F.lit(True)
    for name in columns:
        same = same & F.col(f"f.{name}").eqNullSafe(F.col(f"c.{name}"))
    action = (
        F.when(F.col("_current").isNull(), INSERT)
        .when(F.col("_fresh").isNull(), DELETE)
        .when(~same, UPDATE)
    )
    # A deleted row is passed on with its old values: its key is what the readers need.
    values = [
        F.when(F.col("_fresh").isNull(), F.col(f"c.{name}"))
        .otherwise(F.col(f"f.{name}"))
        .alias(name)
        for name in columns
    ]
    return joined.select(*values, action.alias(ACTION)).where(F.col(ACTION).isNotNull())


def count(changes: DataFrame) -> Counts:
    """Changed rows by action."""
    found = {row[0]: row[1] for row in changes.groupBy(ACTION).count().collect()}
    return Counts(found.get(INSERT, 0), found.get(UPDATE, 0), found.get(DELETE, 0))


def require_unique(model: GoldModel, changes: DataFrame) -> None:
    """Refuse rows that share a key, of which a MERGE would keep one by chance, or that have none,
    which no later run would find again.

    Raises:
        AuditFailed: with one such key.
    """
    key: Sequence[str] = model.key
    bad = F.col("count") > 1
    for name in key:
        bad = bad | F.col(name).isNull()
    for row in changes.groupBy(*key).count().where(bad).limit(1).collect():
        raise key_refused(model, row["count"], [row[name] for name in key])


def merge_sql(model: GoldModel, target: str, changes: str) -> str:
    """MERGE of compared rows into the table or branch `target`."""
    names = [column.name for column in model.columns]
    on = " AND ".join(f"t.{name} = c.{name}" for name in model.key)
    assign = ", ".join(f"t.{name} = c.{name}" for name in names)
    return (
        f"MERGE INTO {target} t USING {changes} c ON {on} "
        f"WHEN MATCHED AND c.{ACTION} = '{DELETE}' THEN DELETE "
        f"WHEN MATCHED THEN UPDATE SET {assign} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) "
        f"VALUES ({', '.join(f'c.{name}' for name in names)})"
    )
