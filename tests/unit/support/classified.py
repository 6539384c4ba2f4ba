"""A batch's records classified by Spark, as the silver job does where it doesn't append."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import SparkSession

from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms import silver as silver_step


def classified_by_spark(
    spark: SparkSession,
    plan: SilverPlan,
    batches: Sequence[str],
    *,
    bronze: str,
    silver: str,
    whole: bool = False,
) -> silver_step.Classified:
    """Cast, check, reduce to the newest row of each key, and compare with what silver holds.

    Args:
        bronze: as `rank` takes it.
        silver: qualified table that the rows would be merged into; "" where nothing is in it yet.
        whole: whether to read all of it, instead of the batches' keys first to leave files out.
    """
    ranked = silver_step.rank(spark, plan, batches, bronze=bronze)
    held = silver if silver and whole else silver_step.standing(plan, ranked.cast, silver)
    return silver_step.compare(spark, plan, ranked, held)
