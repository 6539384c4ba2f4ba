"""What every job starts with: its session, settings, plan and ledger."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from dataplatform.adapters.plans import load_plan
from pyspark.sql import SparkSession

from dataplatform.ledger import Ledger
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import LakeSettings, arguments


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of a job, for one run of the pipeline."""

    spark: SparkSession
    settings: LakeSettings
    plan: PlatformPlan
    ledger: Ledger
    run_id: str
    owner: str
    """Holder of leases: the Glue run's own id, so that a retry isn't taken for its predecessor."""

    @classmethod
    def start(cls, argv: Sequence[str] = sys.argv) -> Job:
        """Read Glue's arguments and connect; Spark's static settings come from `--conf`."""
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
        given = arguments(argv)
        settings = LakeSettings.from_arguments(argv)
        return cls(
            spark=SparkSession.builder.getOrCreate(),
            settings=settings,
            plan=load_plan(settings.plans_uri),
            ledger=Ledger.connect(settings.ledger_table),
            run_id=given["run_id"],
            owner=given.get("JOB_RUN_ID", given["run_id"]),
        )
