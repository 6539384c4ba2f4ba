"""A lake over moto's S3 and Glue, with one dataset of stores."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
from moto import mock_aws

from dataplatform.adapters import s3_objects
from dataplatform.adapters.iceberg import tables
from dataplatform.adapters.iceberg.definitions import definitions
from dataplatform.adapters.iceberg.migration import migrate_lake
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.naming import Names, Zone
from dataplatform.plans.model import Column, PlatformPlan, SilverPlan, SourcePlan
from dataplatform.settings import LakeSettings
from tests.unit.support.glue_versions import glue_checks_versions
from tests.unit.support.plans import dataset, model, platform

STAGE = "dev"
NAMES = Names(STAGE)
LAKE = LakeSettings(
    stage=STAGE,
    ledger_table="ledger",
    plans_uri="s3://plans/plan.json",
    landing_bucket="landing",
    bronze_bucket="bronze",
    silver_bucket="silver",
    gold_bucket="gold",
    quarantine_bucket="quarantine",
)
COLUMNS = (
    Column(name="store_id", type="int", required=True, description="Number of the store"),
    Column(name="city", type="string"),
    Column(name="area", type="decimal(10,2)"),
    Column(name="opened_at", type="timestamp"),
)


def stores(**changes: Any) -> SilverPlan:
    """Stores as CSV files, keyed by store_id."""
    plan = replace(
        dataset("stores"),
        source=SourcePlan(kind="s3", format="csv"),
        columns=COLUMNS,
        primary_key=("store_id",),
        bronze_table=NAMES.table(Zone.BRONZE, "stores"),
        silver_table=NAMES.table(Zone.SILVER, "stores"),
        quarantine_table=NAMES.table(Zone.QUARANTINE, "records"),
    )
    return replace(plan, **changes)


def plan_of(*datasets: SilverPlan, digest: str = "one") -> PlatformPlan:
    """A platform of these datasets and one gold model."""
    gold = replace(
        model("dim_store", "stores"),
        table=NAMES.table(Zone.GOLD, "dim_store"),
        columns=COLUMNS[:2],
        key=("store_id",),
    )
    return replace(platform(datasets or (stores(),), (gold,)), digest=digest)


@dataclass
class Lake:
    """Zone buckets, databases, and the tables of a plan."""

    s3: Any

    def migrate(self, plan: PlatformPlan, *, going_back: bool = False) -> list[str]:
        """Make the plan's tables; what was done."""
        wanted = definitions(plan, LAKE)
        done = migrate_lake(tables.catalog(), wanted, going_back=going_back)
        return [str(change) for change in done]

    def land(self, name: str, body: bytes, dataset: str = "stores") -> LandedObject:
        """Put an object in landing."""
        key = f"{dataset}/{name}"
        answer = self.s3.put_object(Bucket="landing", Key=key, Body=body)
        return LandedObject(
            dataset=dataset,
            bucket="landing",
            key=key,
            version=answer["VersionId"],
            size=len(body),
            checksum=answer["ETag"],
            arrived_at="2026-11-21T09:00:00Z",
        )

    def rows(self, table: str, **equal: str) -> list[dict[str, Any]]:
        """Rows of a table as it is now."""
        wanted = " and ".join(f"{name} = '{value}'" for name, value in equal.items()) or "true"
        scan = tables.open_table(table).scan(row_filter=wanted)
        found: list[dict[str, Any]] = scan.to_arrow().to_pylist()
        return found

    def snapshots(self, table: str) -> int:
        """Commits that a table has seen."""
        return len(tables.open_table(table).metadata.snapshots)

    def published(self, table: str) -> int:
        """Commits of a table that its readers have seen."""
        return len(tables.open_table(table).metadata.snapshot_log)


@contextmanager
def lakes() -> Iterator[Lake]:
    """An empty account with zones, and no tables yet."""
    with mock_aws(), glue_checks_versions():
        tables.catalog.cache_clear()
        s3_objects.s3.cache_clear()
        s3, glue = boto3.client("s3"), boto3.client("glue")
        for zone in Zone:
            s3.create_bucket(Bucket=zone.value)
            s3.put_bucket_versioning(
                Bucket=zone.value, VersioningConfiguration={"Status": "Enabled"}
            )
            if zone is not Zone.LANDING:
                glue.create_database(DatabaseInput={"Name": NAMES.database(zone)})
        yield Lake(s3)
    tables.catalog.cache_clear()
    s3_objects.s3.cache_clear()


def claimed(batch_id: str, dataset: str = "stores") -> Batch:
    """A batch that waits to be staged."""
    return Batch(batch_id=batch_id, run_id="run-1", dataset=dataset, state="claimed")


def csv_bytes(*records: Sequence[object], header: Sequence[str] | None = None) -> bytes:
    """A CSV file of stores."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header or [column.name for column in COLUMNS])
    writer.writerows(records)
    return text.getvalue().encode()
