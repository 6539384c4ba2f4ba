"""Silver to gold: every model whose inputs moved, in the order in which they need each other."""

from __future__ import annotations

from dataplatform.gold.builder import GoldBuilder
from dataplatform.ledger.gold import GOLD_STEP
from glue_jobs import shuffles, side_by_side
from glue_jobs.runtime import Job
from glue_jobs.spark_gold import SparkGold


def main() -> None:
    """Build what is due, side by side where models don't need each other.

    The first model that fails stops the run: others are made from it.
    """
    job = Job.start()
    models = {model.name: model.models for model in job.plan.models}
    with job.metered(GOLD_STEP):
        live = (job.ledger.totals(dataset.dataset).live for dataset in job.plan.datasets)
        shuffles.fit(job.spark, max(live, default=0))
        side_by_side.in_order(job, models, _build_due)


def _build_due(job: Job, name: str) -> None:
    """Build a model unless it is what its inputs say already."""
    GoldBuilder(
        engine=SparkGold(job.spark),
        ledger=job.ledger,
        plan=job.plan,
        run_id=job.run_id,
        bucket=job.settings.gold_bucket,
        lease=job.lease,
    ).build_due(name)


if __name__ == "__main__":
    main()
