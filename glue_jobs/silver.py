"""Bronze to silver: one Spark run takes every staged batch of a run, whatever its dataset."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from dataplatform.errors import BatchHeld
from dataplatform.ledger.records import Batch
from dataplatform.overtaken import until_not_overtaken
from glue_jobs import shuffles, side_by_side
from glue_jobs.publication import publish_dataset
from glue_jobs.runtime import Job

STEP = "silver"

log = logging.getLogger("weir.silver")


def main() -> None:
    """Publish what this run left to Spark, the largest dataset first, several side by side."""
    job = Job.start()
    with job.metered(STEP):
        batches = _left_to_spark(job)
        shuffles.fit(job.spark, max(map(partial(_rows, job), batches.values()), default=0))
        side_by_side.each(
            job,
            sorted(batches, key=lambda dataset: -sum(batch.bytes for batch in batches[dataset])),
            lambda own, dataset: _publish_alone(own, dataset, batches[dataset]),
        )


def _rows(job: Job, batches: Sequence[Batch]) -> int:
    """Rows that meet in a dataset's merge at most: its batches', and those of the table."""
    live: int = job.ledger.totals(batches[0].dataset).live
    return live + sum(batch.rows for batch in batches)


def _left_to_spark(job: Job) -> dict[str, list[Batch]]:
    """Staged batches of the datasets for which the run has chosen Spark."""
    engines = job.ledger.engines(job.run_id)
    batches: dict[str, list[Batch]] = {}
    for batch in job.ledger.run_batches(job.run_id):
        choice = engines.get(batch.dataset)
        if batch.state == "staged" and choice is not None and choice.engine == "spark":
            batches.setdefault(batch.dataset, []).append(batch)
    return batches


def _publish_alone(job: Job, dataset: str, staged: Sequence[Batch]) -> None:
    """Publish a dataset; one that fails leaves the others alone."""
    job.ledger.step(job.run_id, STEP, dataset=dataset, state="started")
    try:
        plan = job.plan.dataset(dataset)
        outcomes = until_not_overtaken(lambda: publish_dataset(job, plan, staged))
    except BatchHeld as error:  # the ledger knows: the batches stay staged
        log.warning("%s", error)
        job.ledger.step(job.run_id, STEP, dataset=dataset, state="failed", detail=error.what[:500])
    except Exception as error:  # the run's last step fails loudly with every dataset's error
        log.exception("dataset %s failed", dataset)
        job.ledger.fail_dataset(job.run_id, dataset, f"{type(error).__name__}: {error}")
        job.ledger.step(job.run_id, STEP, dataset=dataset, state="failed", detail=str(error)[:500])
    else:
        log.info("%s: %s", dataset, outcomes)
        note, counts = job.ledger.audit(job.run_id, dataset), outcomes.to_dict()
        if note is not None and note.warned:
            counts["warned"] = note.warned
        detail = note.summary[:500] if note else ""
        job.ledger.step(
            job.run_id, STEP, dataset=dataset, state="done", counts=counts, detail=detail
        )


if __name__ == "__main__":
    main()
