"""Rows of silver derived anew from bronze: the chunks of a backfill that are left to Spark."""

from __future__ import annotations

import logging
from typing import Final

from dataplatform.backfilling import check_plan
from dataplatform.ledger.records import Backfill, Chunk
from dataplatform.overtaken import until_not_overtaken
from glue_jobs import shuffles
from glue_jobs.backfill_chunk import publish_chunk
from glue_jobs.runtime import Job

STEP: Final = "backfill"

log = logging.getLogger("weir.backfill")


def main() -> None:
    """Do them one after the other: each is one commit, and they'd wait for the same lease."""
    job = Job.start()
    with job.metered(STEP):
        backfill = job.ledger.backfill(job.run_id)
        shuffles.fit(job.spark, backfill.rows + job.ledger.totals(backfill.dataset).live)
        for chunk in job.ledger.chunks(backfill.backfill_id):
            if chunk.waits_for_spark:
                _alone(job, backfill, chunk)


def _alone(job: Job, backfill: Backfill, chunk: Chunk) -> None:
    """A chunk that fails leaves the others alone; the backfill's last step tells of it."""
    try:
        plan = job.plan.dataset(backfill.dataset)
        check_plan(plan, backfill)
        counts = until_not_overtaken(lambda: publish_chunk(job, plan, backfill, chunk))
    except Exception as error:
        log.exception("chunk %d failed", chunk.number)
        said = f"{type(error).__name__}: {error}"
        job.ledger.chunk_failed(backfill.backfill_id, chunk.number, said)
    else:
        log.info("chunk %d: %s", chunk.number, counts)


if __name__ == "__main__":
    main()
