"""What every job starts with: its session, settings, plan and ledger."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import boto3
from pyspark.sql import SparkSession

from dataplatform.adapters.holders import goes_on
from dataplatform.adapters.plans import load_plan
from dataplatform.errors import LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import JobRun
from dataplatform.ledger.records import Lease
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import JobSettings, arguments

_LEASE_SECONDS: Final = 3 * 3600
"""Longer than a job may run: a lease ends because its holder has ended, not under it."""

_PATIENCE_SECONDS: Final = 15 * 60
"""For a lease that another has: a function's two commits take seconds, joining the files of a large
table by Spark takes longer than a merge should wait for. The batch is the next run's then."""

_POLL_SECONDS: Final = 2

_CONNECTING: Final = threading.Lock()


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
    alive: Callable[[Lease], bool] | None = None
    """Whether a lease's holder goes on; if not told, as a run of the pipeline asks."""
    began: float = field(default_factory=time.monotonic)
    """When the job's work began, by the clock of `time.monotonic`: before its Spark session."""

    @classmethod
    def start(cls, argv: Sequence[str] = sys.argv) -> Job:
        """Read Glue's arguments and connect; Spark's static settings come from `--conf`."""
        # Libraries at INFO (py4j: two lines a call) would bury what the job itself has to say.
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
        logging.getLogger("weir").setLevel(logging.INFO)
        began, given = time.monotonic(), arguments(argv)
        settings = JobSettings.from_arguments(argv)
        return cls(
            spark=SparkSession.builder.getOrCreate(),
            settings=settings,
            plan=load_plan(settings.plans_uri),
            ledger=Ledger.connect(settings.ledger_table),
            run_id=given["run_id"],
            owner=str(JobRun(given["JOB_NAME"], given["JOB_RUN_ID"])),
            began=began,
        )

    @property
    def region(self) -> str:
        """Where the job runs."""
        return str(boto3.session.Session().region_name)

    def beside(self) -> Job:
        """The same run for another thread: boto3's resources, the ledger's too, serve one each."""
        with _CONNECTING:
            return replace(self, ledger=Ledger.connect(self.settings.ledger_table))

    @contextmanager
    def metered(self, step: str) -> Iterator[None]:
        """Note, when its work has ended, well or not, for how long the job had its DPU."""
        try:
            yield
        finally:
            self.ledger.used(
                self.run_id,
                step,
                meter="glue",
                size=int(self.settings.dpu),
                milliseconds=round((time.monotonic() - self.began) * 1000),
            )

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease]:
        """Hold a lease; one whose holder was killed is taken over at once.

        What looks after a table has its lease while it commits: that is waited for.

        Raises:
            LeaseHeld: a run of this job, or a function's call, that still goes on has it.
        """
        with _CONNECTING:
            lock = self.locks[name]
        with lock:
            held = self._taken(name)
            try:
                yield held
            finally:
                self.ledger.release_lease(name, self.owner, token=held.token)

    def _taken(self, name: str) -> Lease:
        alive = self.alive or goes_on(self.run_id, lambda: client("glue"))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self.ledger.take_over_lease(name, self.owner, _LEASE_SECONDS, alive=alive)
            except LeaseHeld:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_POLL_SECONDS)  # a lease is polled: DynamoDB calls nobody


def client(service: str) -> Any:
    """An AWS client; one thread at a time, as boto3 asks where its default session makes them."""
    with _CONNECTING:
        return boto3.client(service)  # type: ignore[call-overload]
