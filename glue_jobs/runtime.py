"""What every job starts with: its session, settings, plan and ledger."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.exceptions import ClientError
from pyspark.sql import SparkSession

from dataplatform.adapters.plans import load_plan
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Lease
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import LakeSettings, arguments

_LEASE_SECONDS: Final = 3 * 3600
"""Longer than a job may run: a lease ends because its holder has ended, not under it."""

_WORKING: Final = frozenset(("STARTING", "RUNNING", "STOPPING", "WAITING"))


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of a job, for one run of the pipeline."""

    spark: SparkSession
    settings: LakeSettings
    plan: PlatformPlan
    ledger: Ledger
    run_id: str
    owner: str
    """Holder of leases, `job/run`: a retry is another holder than its predecessor."""

    @classmethod
    def start(cls, argv: Sequence[str] = sys.argv) -> Job:
        """Read Glue's arguments and connect; Spark's static settings come from `--conf`."""
        # Libraries at INFO (py4j: two lines a call) would bury what the job itself has to say.
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
        logging.getLogger("weir").setLevel(logging.INFO)
        given = arguments(argv)
        settings = LakeSettings.from_arguments(argv)
        return cls(
            spark=SparkSession.builder.getOrCreate(),
            settings=settings,
            plan=load_plan(settings.plans_uri),
            ledger=Ledger.connect(settings.ledger_table),
            run_id=given["run_id"],
            owner=f"{given['JOB_NAME']}/{given['JOB_RUN_ID']}",
        )

    def lease(self, name: str) -> AbstractContextManager[Lease]:
        """Hold a lease; one whose holder was killed is taken over at once.

        Raises:
            LeaseHeld: a run of this job that still goes on has it.
        """
        return self.ledger.lease(name, self.owner, _LEASE_SECONDS, alive=_goes_on)


def _goes_on(holder: Lease) -> bool:
    """Ask Glue whether the run that holds a lease still works."""
    job, _, run = holder.owner.partition("/")
    try:
        answer = boto3.client("glue").get_job_run(JobName=job, RunId=run)
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return False
        raise
    return answer["JobRun"]["JobRunState"] in _WORKING
