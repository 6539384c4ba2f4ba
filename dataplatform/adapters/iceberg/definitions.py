"""The Iceberg tables that a plan asks for, as plain values: PyIceberg turns them into tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from dataplatform.adapters.iceberg.columns import (
    BRONZE_COLUMNS,
    QUARANTINE_COLUMNS,
    SILVER_COLUMNS,
)
from dataplatform.naming import CHANGE_COLUMN, BronzeColumn, changes_table
from dataplatform.plans.model import Column, GoldModel, PlatformPlan, SilverPlan
from dataplatform.settings import LakeSettings

KEY_PROPERTY: Final = "weir.key"
"""Table property: comma-separated columns by which rows are merged."""

OWNER_PROPERTY: Final = "weir.owner"
"""Table property: the contract or model that the table is made from."""

DOMAIN_PROPERTY: Final = "weir.domain"
CONTACT_PROPERTY: Final = "weir.contact"
TAGS_PROPERTY: Final = "weir.tags"
CLASSIFIED_PROPERTY: Final = "weir.classified"
"""Table properties that a catalogue is searched by; the last as `lname=pii,city=internal`."""

VERSION_PROPERTY: Final = "weir.contract.version"
"""Table property: version of the contract that the table follows."""

COLUMNS_PROPERTY: Final = "weir.columns"
"""Table property: JSON, ODCS id of a column -> Iceberg's field id, which outlives its name."""

ORDERING_PROPERTY: Final = "weir.ordering"
"""Table property: the column by which newer rows are told from older ones."""


class Nature(Enum):
    """What a table's columns follow."""

    SENT = auto()
    """What was ever sent: a column never goes."""
    CONTRACT = auto()
    """The contract: a column goes, or is renamed, where a major version tells its readers."""
    MODEL = auto()
    """SQL: whatever it no longer gives goes, and whatever it gives otherwise is computed anew."""
    PLATFORM = auto()
    """The platform's own books."""


_SHARED: Final = {
    # Redshift and Athena read v2 whole; of v3 they lack types and materialized views.
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Bounds what one writer holds in memory and what one copy-on-write rewrites.
    "write.target-file-size-bytes": str(128 * 1024 * 1024),
    # Every commit writes a metadata file; without these two they stay for ever.
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
    # PyIceberg leaves manifests apart unless it is told; Spark merges them by default.
    "commit.manifest-merge.enabled": "true",
    # Staging runs in parallel, and jobs append to quarantine meanwhile: a lost race is tried again.
    "commit.retry.num-retries": "10",
    # A retry finds its batch by the snapshot that carries it, so snapshots outlive retries.
    "history.expire.max-snapshot-age-ms": str(7 * 24 * 3600 * 1000),
    "history.expire.min-snapshots-to-keep": "20",
}

_MERGED: Final = {
    # Read by every reader, changed once a run: readers shouldn't have to apply deletes.
    "write.delete.mode": "copy-on-write",
    "write.update.mode": "copy-on-write",
    "write.merge.mode": "copy-on-write",
}

_TEXTS: Final = {
    # Text as sent is mostly different. A writer that gives up a dictionary of 2 MiB has made it and
    # written it: twice the bytes, and twice the time. Batch, object and channel need a few bytes.
    "write.parquet.dict-size-bytes": str(128 * 1024),
}


@dataclass(frozen=True, kw_only=True)
class TableDefinition:
    """One Iceberg table as it should be.

    owner: the contract or model, as a person would look for it; it stands in errors.
    version: the contract's; "" for tables of none.
    ordering: the contract's ("" for order of arrival); None for tables that aren't merged by it.
    partition: columns whose values split the files.
    """

    name: str
    location: str
    owner: str
    nature: Nature
    columns: tuple[Column, ...]
    partition: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    description: str = ""
    version: str = ""
    ordering: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, str]:
        """Table properties, with what a later migration compares."""
        own = {OWNER_PROPERTY: self.owner, KEY_PROPERTY: ",".join(self.key)}
        comment = {"comment": self.description} if self.description else {}
        version = {VERSION_PROPERTY: self.version} if self.version else {}
        ordering = {ORDERING_PROPERTY: self.ordering} if self.ordering is not None else {}
        return {**_SHARED, **self.settings, **own, **version, **ordering, **comment}


def definitions(plan: PlatformPlan, lake: LakeSettings) -> tuple[TableDefinition, ...]:
    """Every Iceberg table of the platform."""
    return tuple(_definitions(plan, lake))


def _definitions(plan: PlatformPlan, lake: LakeSettings) -> Iterator[TableDefinition]:
    quarantines = {dataset.quarantine_table for dataset in plan.datasets}
    for name in sorted(quarantines):
        yield TableDefinition(
            name=name,
            location=_location(lake.quarantine_bucket, name),
            owner="platform",
            nature=Nature.PLATFORM,
            columns=QUARANTINE_COLUMNS,
            partition=("dataset",),
            description="Records that no table would take, with every reason",
        )
    for dataset in plan.datasets:
        yield _bronze(dataset, lake.bronze_bucket)
        yield _silver(dataset, lake.silver_bucket)
    for model in plan.models:
        yield _gold(model, lake.gold_bucket)
        yield _changes(model, lake.gold_bucket)


def _bronze(plan: SilverPlan, bucket: str) -> TableDefinition:
    """Every column a string, so that nothing is lost before it is checked.

    Partitioned by batch: the silver job asks for batches, and the manifest list alone finds them.
    """
    sent = tuple(
        Column(
            name=column.name,
            type="string",
            description=column.description,
            classification=column.classification,
            id=column.id,
        )
        for column in plan.columns
    )
    return TableDefinition(
        name=plan.bronze_table,
        location=_location(bucket, plan.bronze_table),
        owner=f"contract {plan.dataset}",
        nature=Nature.SENT,
        version=plan.version,
        columns=(*sent, *BRONZE_COLUMNS),
        partition=(BronzeColumn.BATCH_ID,),
        description=f"{plan.dataset} as sent",
        settings={**_TEXTS, **_filed(plan)},
    )


def _silver(plan: SilverPlan, bucket: str) -> TableDefinition:
    return TableDefinition(
        name=plan.silver_table,
        location=_location(bucket, plan.silver_table),
        owner=f"contract {plan.dataset}",
        nature=Nature.CONTRACT,
        version=plan.version,
        ordering=plan.ordering,
        columns=(*plan.columns, *SILVER_COLUMNS),
        partition=plan.partition_by,
        key=plan.key,
        description=plan.description,
        settings={**_MERGED, **_filed(plan)},
    )


def _gold(model: GoldModel, bucket: str) -> TableDefinition:
    return TableDefinition(
        name=model.table,
        location=_location(bucket, model.table),
        owner=f"model {model.name}",
        nature=Nature.MODEL,
        columns=model.columns,
        partition=model.partition_by,
        key=model.key,
        settings={**_MERGED, DOMAIN_PROPERTY: model.domain, **_classified(model.columns)},
    )


def _changes(model: GoldModel, bucket: str) -> TableDefinition:
    """What each build changed, for the warehouse: by position the columns of its stage table."""
    name = changes_table(model.table)
    return TableDefinition(
        name=name,
        location=_location(bucket, name),
        owner=f"model {model.name}",
        nature=Nature.MODEL,
        columns=(*model.columns, Column(name=CHANGE_COLUMN, type="string", required=True)),
        description=f"Changed rows of {model.name}, in the order of its builds",
    )


def _filed(plan: SilverPlan) -> dict[str, str]:
    """What a catalogue is searched by; what a contract no longer says is empty, not left behind."""
    return {
        DOMAIN_PROPERTY: plan.domain,
        CONTACT_PROPERTY: plan.contact,
        TAGS_PROPERTY: ",".join(plan.tags),
        **_classified(plan.columns),
    }


def _classified(columns: Sequence[Column]) -> dict[str, str]:
    named = (
        f"{column.name}={column.classification}" for column in columns if column.classification
    )
    return {CLASSIFIED_PROPERTY: ",".join(named)}


def _location(bucket: str, table: str) -> str:
    return f"s3://{bucket}/{table.rpartition('.')[2]}"
