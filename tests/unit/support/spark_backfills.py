"""Backfills of a shop's dataset by Spark, on the tables that DuckDB's are made on."""

from __future__ import annotations

from dataplatform.ledger.records import Backfill, BackfillCounts, Chunk
from dataplatform.overtaken import until_not_overtaken
from glue_jobs.backfill_chunk import publish_chunk
from tests.unit.support.spark_shops import SparkShop


def done(
    shop: SparkShop, backfill: Backfill, chunk: Chunk | None = None, *, request: str = "b1"
) -> BackfillCounts:
    """Do a chunk, the first if not told."""
    job = shop.job(backfill.backfill_id, request)
    wanted = chunk or shop.ledger.chunk(backfill.backfill_id, 0)
    return until_not_overtaken(lambda: publish_chunk(job, shop.plan, backfill, wanted))
