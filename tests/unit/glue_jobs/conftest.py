from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from botocore.client import BaseClient
from pyspark.sql import SparkSession

from dataplatform.ledger import Ledger
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import JobSettings
from glue_jobs.runtime import Job
from tests.unit.support.lakes import LAKE
from tests.unit.support.ledgers import TABLE
from tests.unit.support.plans import platform

RUN = "2026-11-21T10:00:00Z-aaaa"


@pytest.fixture
def connected(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """The ledger as a job's threads open it: on the real clock, which leases end by.

    Moto, unlike DynamoDB, copies the whole table for a transaction, and fails where another thread
    writes meanwhile: so here calls wait for each other.
    """
    call: Any = vars(BaseClient)["_make_api_call"]
    one_at_a_time = threading.Lock()

    def alone(client: BaseClient, operation: str, parameters: Any) -> Any:
        with one_at_a_time:
            return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", alone)
    return Ledger.connect(TABLE)


@pytest.fixture
def job(spark: SparkSession, connected: Ledger) -> Callable[..., Job]:
    """One run of a job over a plan, with `at_once` tables side by side."""

    def of(plan: PlatformPlan | None = None, *, at_once: int = 2) -> Job:
        lake = {**asdict(LAKE), "stage": "test", "ledger_table": TABLE}
        settings = JobSettings(**lake, at_once=str(at_once), dpu="2")
        return Job(
            spark=spark,
            settings=settings,
            plan=plan or platform((), ()),
            ledger=connected,
            run_id=RUN,
            owner="silver/jr_1",
        )

    return of
