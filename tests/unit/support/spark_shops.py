"""A shop whose batches Spark stages again and merges: the jobs' own steps on real Iceberg tables.

The tables are moto's, as a DuckDB shop's are. Spark's JVM finds them by HTTP.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from moto.server import ThreadedMotoServer
from pyspark.sql import SparkSession

from dataplatform.ledger.records import Batch
from dataplatform.ledger.staging import Staged
from dataplatform.naming import CATALOG
from dataplatform.settings import JobSettings
from embedded_aws.spark.settings import JARS_VARIABLE
from glue_jobs import publication, stage
from glue_jobs.runtime import Job
from tests.unit.support.lakes import LAKE, plan_of
from tests.unit.support.landings import InMemory
from tests.unit.support.merges import Shop, counts
from tests.unit.support.spark import iceberg_jars

_CATALOG: Final = f"spark.sql.catalog.{CATALOG}"
_CREDENTIALS: Final = {
    "aws.accessKeyId": "testing",
    "aws.secretAccessKey": "testing",
    "aws.region": "us-east-1",
}


@contextmanager
def catalogued(spark: SparkSession) -> Iterator[SparkSession]:
    """A session of its own whose catalogue is moto's Glue, as it is while this goes on."""
    from stacks.constructs.job import catalogue_settings  # starts Node

    if not iceberg_jars():
        raise RuntimeError(f"no Iceberg for Spark: ./weir test sets it up, or set {JARS_VARIABLE}")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    own = spark.newSession()
    jvm: Any = spark.sparkContext._jvm
    for name, value in _CREDENTIALS.items():
        jvm.java.lang.System.setProperty(name, value)
    of_catalogue = {
        **catalogue_settings("s3://silver"),
        f"{_CATALOG}.glue.endpoint": f"http://{host}:{port}",
        f"{_CATALOG}.s3.endpoint": f"http://{host}:{port}",
        f"{_CATALOG}.s3.path-style-access": "true",
        f"{_CATALOG}.cache-enabled": "false",
    }
    for name, value in of_catalogue.items():
        if name.startswith(_CATALOG):
            own.conf.set(name, value)
    own.conf.set("spark.sql.session.timeZone", "UTC")
    sessions = jvm.org.apache.spark.sql.SparkSession
    sessions.setActiveSession(own._jsparkSession)
    try:
        yield own
    finally:
        sessions.setActiveSession(spark._jsparkSession)
        server.stop()


@dataclass
class SparkShop(Shop):
    """A shop whose dataset is Spark's; functions stage what lands, as they do for all but the
    largest batches.
    """

    spark: SparkSession = field(kw_only=True)

    def merge(
        self, *batches: Batch, run: str = "run-1", request: str = "r1", accept: bool = False
    ) -> dict[str, int]:
        """Merge them; the outcomes that aren't 0."""
        said = f'{{"accept": ["{self.plan.dataset}"]}}' if accept else "{}"
        self.ledger.open_run(run, f"arn:{run}", said)
        job = self.job(run, request)
        return counts(publication.publish_dataset(job, self.plan, batches))

    def stage_replay(self, batch: Batch) -> Staged:
        """Bring a replay into bronze; the ledger isn't told."""
        landed = self.ledger.batch_objects(batch.batch_id)
        contents = {
            one.key: self.lake.s3.get_object(Bucket=one.bucket, Key=one.key)["Body"].read()
            for one in landed
        }
        return stage.stage_batch(
            self.job(batch.run_id, "stage"),
            self.plan,
            batch,
            InMemory(contents, self.directory),
        )

    def job(self, run: str, request: str) -> Job:
        """A run of a job, as it begins."""
        return Job(
            spark=self.spark,
            settings=JobSettings(**asdict(LAKE), at_once="1", dpu="2"),
            plan=plan_of(self.plan),
            ledger=self.ledger,
            run_id=run,
            owner=f"job/{request}",
        )


@contextmanager
def spark_shop(shop: Shop, spark: SparkSession) -> Iterator[SparkShop]:
    """The same shop, gone on with by Spark."""
    with catalogued(spark) as session:
        yield SparkShop(
            shop.lake, shop.ledger, shop.plan, shop.directory, shop._numbers, spark=session
        )
