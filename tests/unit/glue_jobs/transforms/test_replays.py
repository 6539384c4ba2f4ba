"""What Spark makes of a replay is what the function makes of it: rows, places, reasons, counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.replays import stage_replay
from dataplatform.errors import AuditFailed
from dataplatform.ledger.records import Batch
from glue_jobs.transforms.replays import Found, keep_newer, take_again
from glue_jobs.transforms.silver import Classified
from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.landings import InMemory, stager_of
from tests.unit.support.merges import Shop, orders, shops

HEADER = b"order_id,amount,email,state,changed_at,channel,till\n"
FILES = {
    "a.csv": HEADER
    + b"1,1,a@b,open,2026-01-01T00:00:00Z,web,7\n"
    + b"2,500,a@b,open,2026-01-01T00:00:00Z,web,7\n"
    + b"3,many,a@b,,2026-01-01T00:00:00Z,,\n"
    + b"4,short\n"
    + b'x,500,a@b,open,2026-01-01T00:00:00Z,"a ""b""\nc",\n',
    "b.csv": HEADER + b"5,short\n6,500,a@b,open,2026-01-01T00:00:00Z,shop,8\n",
    "c.csv": b"order_id,amount,email,state,channel\n7,1,a@b,open,web\n8\n",
    "d.csv": b"order_id,channel\n",
}
ORDERING = """    customProperties:
      - property: ordering
        value: changed_at
"""
STATE = "      - name: state\n"
LATER = spoiled(
    ("          maximum: 100\n", "          maximum: 1000\n"),
    (STATE, "      - {name: channel, logicalType: string}\n" + STATE),
)


def published(shop: Shop) -> Batch:
    """A batch that left rows of every kind in quarantine."""
    objects = [shop.lake.land(name, body, "orders") for name, body in FILES.items()]
    batch = shop.staged_objects(objects)
    shop.merge(batch)
    return shop.ledger.batch(batch.batch_id)


def in_spark(spark: SparkSession, shop: Shop, table: str) -> DataFrame:
    """A table's rows as they are now."""
    rows: Sequence[dict[str, Any]] = shop.lake.rows(table)
    kinds = {"string": "string", "long": "bigint", "timestamptz": "timestamp"}
    shape = ", ".join(
        f"`{field.name}` {kinds[str(field.field_type)]}"
        for field in open_table(table).schema().fields
    )
    return spark.createDataFrame([tuple(row.values()) for row in rows], shape)


def by_spark(spark: SparkSession, shop: Shop, batch: Batch, **instead: DataFrame) -> Found:
    quarantine = in_spark(spark, shop, shop.plan.quarantine_table)
    bronze = in_spark(spark, shop, shop.plan.bronze_table)
    frames = {
        "quarantine": quarantine.where(quarantine.batch_id == batch.origin),
        "bronze": bronze.where(bronze["_batch_id"] == batch.origin),
    }
    contents = {f"orders/{name}": body for name, body in FILES.items()}
    return take_again(
        spark,
        shop.plan,
        shop.ledger.replays(batch.origin),
        shop.ledger.batch_objects(batch.batch_id),
        stager_of(shop.plan, batch, InMemory(contents, shop.directory)),
        **frames | instead,
    )


def told(rows: Sequence[dict[str, Any]], without: str = "") -> list[str]:
    """Rows as text, in an order of their own; times as they are written, whoever made them."""
    for row in rows:
        row.pop(without, None)
        if "_arrived_at" in row:
            row["_arrived_at"] = row["_arrived_at"].isoformat()
    return sorted(str(sorted(row.items())) for row in rows)


def collected(frame: DataFrame) -> list[dict[str, Any]]:
    rows = [row.asDict() for row in frame.collect()]
    for row in rows:
        if "_arrived_at" in row:
            row["_arrived_at"] = row["_arrived_at"].replace(tzinfo=UTC)
    return rows


@pytest.mark.parametrize("earlier", ["", "malformed", "wrong header"])
def test_rows_and_rejected_records_are_those_of_the_function(
    aws: None, spark: SparkSession, earlier: str
) -> None:
    with shops() as shop:
        origin = published(shop)
        if earlier:
            shop.ledger.open_replay("run-1", origin.batch_id, reason=earlier)
        shop.evolve(orders(LATER))
        batch = shop.ledger.open_replay("run-2", origin.batch_id)
        assert batch is not None
        found = by_spark(spark, shop, batch)
        rows, rejected = collected(found.rows), collected(found.rejected)
        found.release()
        assert not list(shop.directory.rglob("*.parquet")), "what was only read from is gone"
        staged = stage_replay(
            shop.plan,
            batch,
            shop.ledger.replays(origin.batch_id),
            shop.ledger.batch_objects(batch.batch_id),
            s3=shop.lake.s3,
            directory=shop.directory,
            limit=10**9,
        )
        assert found.staged == staged
        assert staged.taken == {"": 8, "malformed": 6, "wrong header": 6}[earlier]
        ours = {"_batch_id": batch.batch_id}
        assert told(rows) == told(shop.lake.rows(shop.plan.bronze_table, **ours))
        quarantined = shop.lake.rows(shop.plan.quarantine_table, batch_id=batch.batch_id)
        without = "quarantined_at"
        assert told(rejected, without) == told(quarantined, without)


def test_a_row_that_bronze_has_lost_is_not_lost_without_a_word(
    aws: None, spark: SparkSession
) -> None:
    with shops() as shop:
        origin = published(shop)
        batch = shop.ledger.open_replay("run-2", origin.batch_id)
        assert batch is not None
        bronze = in_spark(spark, shop, shop.plan.bronze_table)
        with pytest.raises(AuditFailed, match="bronze has 0 of 4"):
            by_spark(spark, shop, batch, bronze=bronze.limit(0))


@pytest.mark.parametrize("ordering", ["", ORDERING], ids=["no ordering", "ordered"])
def test_a_record_that_came_earlier_than_the_row_that_stands_is_a_duplicate(
    spark: SparkSession, ordering: str
) -> None:
    """`old` is of an older publication than `now`, `same` of the same one; all are as new as each
    other but the row of key 9."""
    plan = orders(ORDERS.replace(ORDERING, ordering))
    shape = "order_id bigint, _batch_id string, _checksum string, _position bigint"
    stands = [
        (1, "now", "c", 1),
        (2, "now", "c", 1),
        (3, "before", "c", 1),
        (4, "same", "c", 1),
        (5, "same", "c", 9),
        (6, "same", "other", 1),
        (7, "now", "c", 1),
        (9, "now", "c", 1),
    ]
    records = [
        (1, "old", "c", 5, "update"),
        (2, "old", "c", 5, "delete"),
        (3, "old", "c", 5, "update"),
        (4, "old", "c", 5, "update"),
        (5, "old", "c", 5, "update"),
        (6, "old", "c", 5, "update"),
        (7, "fresh", "c", 5, "update"),
        (8, "old", "c", 5, "insert"),
        (9, "old", "c", 5, "update"),
    ]
    changed = "timestamp_seconds(if(order_id = 9, {}, 1)) AS changed_at"
    actions = spark.createDataFrame(records, f"{shape}, _action string")
    actions = actions.selectExpr("*", changed.format(1)).persist()
    classified = Classified(actions, actions, actions)

    def not_newer(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str, bool]]:
        assert ("fresh", "now") in pairs
        return [("old", "now", False), ("old", "same", True)]

    standing = spark.createDataFrame(stands, shape).selectExpr("*", changed.format(0))
    kept = keep_newer(classified, plan, standing, not_newer)
    found = {row["order_id"]: row["_action"] for row in kept.actions.collect()}
    kept.release()
    assert found == {
        1: "duplicate",
        2: "duplicate",
        3: "update",
        4: "update",
        5: "duplicate",
        6: "duplicate",
        7: "update",
        8: "insert",
        9: "update" if ordering else "duplicate",
    }
    assert kept.actions.columns == actions.columns
