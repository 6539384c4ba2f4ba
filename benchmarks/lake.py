"""A lake of one dataset on an embedded AWS of its own, and a Spark session like a Glue job's.

No stack is deployed: tables are made as `migrate_schemas` makes them, and the jobs' own functions
are called in this process, so that one step of a run can be timed alone.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from benchmarks import bronze
from benchmarks.measure import ROOT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dataplatform.ledger import Ledger
    from dataplatform.ledger.records import Batch
    from dataplatform.plans.model import PlatformPlan, SilverPlan
    from dataplatform.settings import LakeSettings
    from glue_jobs.runtime import Job

RUN: Final = "2026-01-01T00:00:00Z-bench"
_LEDGER: Final = "ledger"
_HEAP: Final = "6g"
"""About what a G.1X worker gives Spark."""


@dataclass(frozen=True)
class Lake:
    """One dataset's tables, its ledger, and this process's Spark."""

    root: Path
    state: Path
    plan: PlatformPlan

    @property
    def dataset(self) -> SilverPlan:
        """The dataset."""
        return self.plan.datasets[0]

    @cached_property
    def _taken(self) -> dict[int, float]:
        """CPU of each process of Spark's, by its id, when it was last asked for."""
        return {}

    @cached_property
    def settings(self) -> LakeSettings:
        """Its zones."""
        from dataplatform.settings import LakeSettings

        zones = ("landing", "bronze", "silver", "gold", "quarantine")
        buckets = {f"{zone}_bucket": zone for zone in zones}
        return LakeSettings(
            stage="bench", ledger_table=_LEDGER, plans_uri="s3://plans/plan.json", **buckets
        )

    @cached_property
    def ledger(self) -> Ledger:
        """Its ledger."""
        from dataplatform.ledger import Ledger

        return Ledger.connect(_LEDGER)

    @cached_property
    def spark(self) -> SparkSession:
        """A session on two cores with the jobs' own settings, as the laptop runs them."""
        from pyspark.sql import SparkSession

        from embedded_aws.spark.properties import laptop_properties
        from embedded_aws.spark.settings import SparkSettings
        from stacks.constructs.job import catalogue_settings

        machine = replace(SparkSettings.from_environment(), cores=2)
        os.environ |= {
            "JAVA_HOME": str(Path(machine.java).parent.parent),
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),  # of Spark's Python workers, which parse what is staged
        }
        java = " ".join((*machine.trust_store_options(), "-Duser.timezone=UTC"))
        properties = {
            **laptop_properties(machine, "bench", self.root),
            **catalogue_settings("s3://silver"),
            "spark.driver.extraClassPath": os.pathsep.join(map(str, machine.jars)),
            "spark.driver.extraJavaOptions": java,
            "spark.driver.memory": _HEAP,
            "spark.local.dir": str(self.root / "spark"),
        }
        builder = SparkSession.builder
        for name, value in properties.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        return session

    @cached_property
    def job(self) -> Job:
        """A run of the silver job."""
        from dataplatform.settings import JobSettings
        from glue_jobs.runtime import Job

        settings = JobSettings(**vars(self.settings), at_once="1", dpu="2")
        return Job(
            spark=self.spark,
            settings=settings,
            plan=self.plan,
            ledger=self.ledger,
            run_id=RUN,
            owner="silver/bench",
        )

    def cpu_seconds(self) -> float:
        """CPU that this process, what it has started, its JVM and Spark's workers have taken.

        A worker that has ended keeps what it had: the kernel tells nobody of it, since Spark's
        daemon ignores the end of its children.
        """
        from pyspark import SparkContext

        own = os.times()
        jvm: Any = SparkContext._jvm
        if jvm is not None:
            process = psutil.Process(jvm.java.lang.ProcessHandle.current().pid())
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    self._taken[one.pid] = sum(one.cpu_times()[:2])
        ended = own.children_user + own.children_system
        return own.user + own.system + ended + sum(self._taken.values())

    def laid(self, query: str, name: str) -> Batch:
        """Lay a query's rows into bronze as one batch, as if they had been staged."""
        return bronze.lay_rows(self.ledger, self.dataset, query, bucket="landing", name=name)


@dataclass(frozen=True)
class Taken:
    """What a step took; CPU of the process and its JVM, without the emulator's."""

    wall: float
    cpu: float


@contextmanager
def timed(lake: Lake, into: dict[str, Taken], name: str) -> Iterator[None]:
    """Note what the block takes."""
    cpu, wall = lake.cpu_seconds(), time.monotonic()
    yield
    into[name] = Taken(time.monotonic() - wall, lake.cpu_seconds() - cpu)


@contextmanager
def lake(contract: Path) -> Iterator[Lake]:
    """A lake with empty tables; gone afterwards, Spark and the server too."""
    from embedded_aws import supervisor
    from embedded_aws.client import client_environment
    from embedded_aws.state import STATE_DIR_VARIABLE

    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        root = Path(scratch)
        made = Lake(root, root / "state", _plan(contract, root))
        before = dict(os.environ)
        try:
            supervisor.start(made.state)
            os.environ.update(client_environment(made.state))
            os.environ[STATE_DIR_VARIABLE] = str(made.state)
            _make(made)
            yield made
        finally:
            if "spark" in vars(made):
                made.spark.stop()
            supervisor.erase(made.state)
            os.environ.clear()
            os.environ.update(before)


def _plan(contract: Path, root: Path) -> PlatformPlan:
    from dataplatform.compiler.platform import compile_platform
    from dataplatform.naming import Names

    folder = root / "contracts" / "bench"
    folder.mkdir(parents=True)
    (folder / contract.name).write_bytes(contract.read_bytes())
    return compile_platform(root, Names("bench"))


def _make(made: Lake) -> None:
    import boto3

    from dataplatform.adapters.iceberg.definitions import definitions
    from dataplatform.adapters.iceberg.migration import migrate_lake
    from dataplatform.adapters.iceberg.tables import catalog

    s3, glue = boto3.client("s3"), boto3.client("glue")
    for zone in ("landing", "bronze", "silver", "gold", "quarantine"):
        s3.create_bucket(Bucket=zone)
    wanted = definitions(made.plan, made.settings)
    for database in sorted({definition.name.partition(".")[0] for definition in wanted}):
        glue.create_database(DatabaseInput={"Name": database})
    boto3.client("dynamodb").create_table(
        TableName=_LEDGER,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    catalog.cache_clear()
    migrate_lake(catalog(), wanted)
    made.ledger.open_run(RUN, "arn:bench", "{}")
