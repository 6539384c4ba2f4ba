from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from dataplatform.ledger import Ledger
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import JobSettings
from glue_jobs.runtime import Job
from tests.unit.support.ledgers import TABLE
from tests.unit.support.plans import platform

RUN = "2026-11-21T10:00:00Z-aaaa"


@pytest.fixture
def connected(ledger: Ledger) -> Ledger:
    """The ledger as a job's threads open it: on the real clock, which leases end by."""
    return Ledger.connect(TABLE)


@pytest.fixture
def job(spark: SparkSession, connected: Ledger) -> Callable[..., Job]:
    """One run of a job over a plan, with `at_once` tables side by side."""

    def of(plan: PlatformPlan | None = None, *, at_once: int = 2) -> Job:
        settings = JobSettings(
            stage="test",
            ledger_table=TABLE,
            plans_uri="s3://plans/plan.json",
            landing_bucket="landing",
            bronze_bucket="bronze",
            silver_bucket="silver",
            gold_bucket="gold",
            quarantine_bucket="quarantine",
            at_once=str(at_once),
            dpu="2",
        )
        return Job(
            spark=spark,
            settings=settings,
            plan=plan or platform((), ()),
            ledger=connected,
            run_id=RUN,
            owner="silver/jr_1",
        )

    return of
