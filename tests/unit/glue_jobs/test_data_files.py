"""Files that Spark's workers wrote, committed by Iceberg: what a function commits of the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from pyspark.sql import SparkSession

from dataplatform.adapters import bronze
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.parquet_files import Output
from dataplatform.adapters.s3_streams import ObjectWriter
from dataplatform.ledger.records import Batch
from dataplatform.ledger.staging import Staged
from dataplatform.naming import CATALOG
from glue_jobs import data_files, stage
from glue_jobs.transforms import staging
from tests.unit.support.lakes import claimed
from tests.unit.support.landings import InMemory
from tests.unit.support.merges import shops
from tests.unit.support.spark_shops import SparkShop, spark_shop

FILES = {
    "orders/a.csv": b"order_id,amount,email,state,changed_at\n1,1,a@b,open,2026\n2,short\n",
    "orders/b.csv": b"order_id,amount,email,state,changed_at\n,\xc3\xa9,,open,\n",
    "orders/c.csv": b"x\n",
}


@dataclass(frozen=True)
class AtEndpoint(InMemory):
    """Writes to the S3 that Spark's JVM reads from."""

    endpoint: str = ""

    def create(self, location: str) -> Output:
        """An object."""
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        return ObjectWriter(location, overwrite=True, client=client)


@pytest.fixture
def shop(aws: None, spark: SparkSession) -> Iterator[SparkShop]:
    with shops() as shop, spark_shop(shop, spark) as by_spark:
        yield by_spark


def test_a_batch_is_committed_once_as_a_function_does(
    shop: SparkShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_TASKS_OF_A_CORE", 1)  # as a function, a file for all objects
    batch, store, counted = landed_batch(shop)
    job = shop.job("run-1", "stage")
    assert stage.stage_batch(job, shop.plan, batch, store) == counted
    found, expected = (rows(shop, one.batch_id) for one in (batch, FUNCTIONS))
    assert found == expected
    assert len(found["bronze"]) == 2 and len(found["quarantine"]) == 2
    ours, functions = (file_facts(shop, one.batch_id) for one in (batch, FUNCTIONS))
    assert ours == functions

    commits = len(open_table(shop.plan.bronze_table).snapshots())
    assert stage.stage_batch(job, shop.plan, batch, InMemory({}, shop.directory)) == counted
    assert len(open_table(shop.plan.bronze_table).snapshots()) == commits
    assert rows(shop, batch.batch_id) == expected


def test_an_attempt_at_the_same_moment_replaces_rows_and_doubles_none(shop: SparkShop) -> None:
    batch, store, counted = landed_batch(shop)
    job = shop.job("run-1", "stage")
    slow = staging.parse_batch(
        shop.spark,
        shop.ledger.batch_objects(batch.batch_id),
        stage._stager(job, shop.plan, batch, store),
    )
    stage.stage_batch(job, shop.plan, batch, store)
    before = rows(shop, batch.batch_id)
    partition = {"_batch_id": batch.batch_id}
    data_files.commit(shop.spark, shop.plan.bronze_table, partition, slow.rows, {}, replacing=True)
    assert rows(shop, batch.batch_id) == before
    assert len(shop.lake.rows(shop.plan.bronze_table)) == 2 * counted.rows


FUNCTIONS = replace(claimed("of-a-function"), dataset="orders")


def landed_batch(shop: SparkShop) -> tuple[Batch, AtEndpoint, Staged]:
    """A batch that is claimed, its objects, and what a function counts of the same."""
    names = {key.partition("/")[2]: body for key, body in FILES.items()}
    objects = [shop.lake.land(name, body, "orders") for name, body in names.items()]
    counted = bronze.stage(
        shop.plan,
        FUNCTIONS,
        objects,
        s3=shop.lake.s3,
        directory=shop.directory,
        limit=10**9,
    )
    for one in objects:
        shop.ledger.register_object(one)
    batch = shop.ledger.open_batch("run-1", "orders", objects)
    endpoint = shop.spark.conf.get(f"spark.sql.catalog.{CATALOG}.s3.endpoint")
    assert endpoint
    return batch, AtEndpoint(FILES, shop.directory, endpoint=endpoint), counted


def rows(shop: SparkShop, batch_id: str) -> dict[str, list[str]]:
    """A batch's rows in both tables, without what is an attempt's own."""
    own = {"_batch_id", "batch_id", "run_id", "quarantined_at"}
    found = {
        "bronze": shop.lake.rows(shop.plan.bronze_table, _batch_id=batch_id),
        "quarantine": shop.lake.rows(shop.plan.quarantine_table, batch_id=batch_id),
    }
    return {
        table: sorted(str([row[name] for name in row if name not in own]) for row in its)
        for table, its in found.items()
    }


def file_facts(shop: SparkShop, batch_id: str) -> dict[str, Any]:
    """What the table's metadata say of a batch's one file."""
    schema = open_table(shop.plan.bronze_table).schema()
    own = schema.find_field("_batch_id").field_id
    [file] = [
        task.file
        for task in open_table(shop.plan.bronze_table).scan().plan_files()
        if task.file.partition[0] == batch_id
    ]
    bounds = {
        name: {number: value for number, value in (held or {}).items() if number != own}
        for name, held in (("lower", file.lower_bounds), ("upper", file.upper_bounds))
    }
    return {
        **bounds,
        "rows": file.record_count,
        "values": file.value_counts,
        "nulls": file.null_value_counts,
        "groups": file.split_offsets,
        "columns": sorted(file.column_sizes),
    }
