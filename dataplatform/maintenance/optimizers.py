"""Which tables Glue's own compaction may join the files of, where a stage turns it on."""

from __future__ import annotations

from dataplatform.plans.model import PlatformPlan


def optimized_tables(plan: PlatformPlan) -> tuple[str, ...]:
    """Silver tables and gold models' tables.

    Bronze has a partition a batch, so there is little to join; tables of changes are loaded by the
    names of their files; quarantine is small.
    """
    silver = (dataset.silver_table for dataset in plan.datasets)
    return (*silver, *(model.table for model in plan.models))
