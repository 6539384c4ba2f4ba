"""What every job starts with: its session, settings, plan and ledger."""

from __future__ import annotations

import logging
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError
from pyspark.sql import SparkSession

from dataplatform.adapters.plans import load_plan
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Lease
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import JobSettings, arguments

_LEASE_SECONDS: Final = 3 * 3600
"""Longer than a job may run: a lease ends because its holder has ended, not under it."""

_CONNECTING: Final = threading.Lock()

_WORKING: Final = frozenset(("STARTING", "RUNNING", "STOPPING", "WAITING"))


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of a job, for one run of the pipeline."""

    spark: SparkSession
    settings: JobSettings
    plan: PlatformPlan
    ledger: Ledger
    run_id: str
    owner: str
    """Holder of leases, `job/run`: a retry is another holder than its predecessor."""
    locks: defaultdict[str, threading.Lock] = field(
        default_factory=lambda: defaultdict(threading.Lock)
    )
    """Leases by name among this run's own threads, which are one holder to the ledger."""

    @classmethod
    def start(cls, argv: Sequence[str] = sys.argv) -> Job:
        """Read Glue's arguments and connect; Spark's static settings come from `--conf`."""
        # Libraries at INFO (py4j: two lines a call) would bury what the job itself has to say.
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
        logging.getLogger("weir").setLevel(logging.INFO)
        given = arguments(argv)
        settings = JobSettings.from_arguments(argv)
        return cls(
            spark=SparkSession.builder.getOrCreate(),
            settings=settings,
            plan=load_plan(settings.plans_uri),
            ledger=Ledger.connect(settings.ledger_table),
            run_id=given["run_id"],
            owner=f"{given['JOB_NAME']}/{given['JOB_RUN_ID']}",
        )

    def beside(self) -> Job:
        """The same run for another thread: boto3's resources, the ledger's too, serve one each."""
        with _CONNECTING:
            return replace(self, ledger=Ledger.connect(self.settings.ledger_table))

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease]:
        """Hold a lease; one whose holder was killed is taken over at once.

        Raises:
            LeaseHeld: a run of this job that still goes on has it.
        """
        with _CONNECTING:
            lock = self.locks[name]
        with lock, self.ledger.lease(name, self.owner, _LEASE_SECONDS, alive=_goes_on) as held:
            yield held


def client(service: str) -> Any:
    """An AWS client; one thread at a time, as boto3 asks where its default session makes them."""
    with _CONNECTING:
        return boto3.client(service)  # type: ignore[call-overload]


def _goes_on(holder: Lease) -> bool:
    """Ask Glue whether the run that holds a lease still works."""
    job, _, run = holder.owner.partition("/")
    try:
        answer = client("glue").get_job_run(JobName=job, RunId=run)
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return False
        raise
    return answer["JobRun"]["JobRunState"] in _WORKING
