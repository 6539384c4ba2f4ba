"""Every name that two sides of Weir must agree on stands here, once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

CATALOG: Final = "glue_catalog"
"""Spark's name for the Glue Data Catalog."""

BATCHES_PROPERTY: Final = "weir.batches"
"""Iceberg snapshot property: comma-separated ids of the batches that a commit carries."""

COUNTS_PROPERTY: Final = "weir.counts"
"""Iceberg snapshot property of bronze tables: JSON, batch id -> records staged and unreadable."""

OUTCOMES_PROPERTY: Final = "weir.outcomes"
"""Iceberg snapshot property: JSON, batch id -> outcome counts of that commit."""

SEQUENCE_PROPERTY: Final = "weir.sequence"
"""Iceberg snapshot property of silver tables: the commit's number, which its rows carry too."""

DELETED_PROPERTY: Final = "weir.deleted"
"""Iceberg snapshot property of silver tables: how many rows a commit deleted."""

DIGEST_PROPERTY: Final = "weir.digest"
"""Iceberg snapshot property of gold tables: digest of the model that wrote the commit."""

CHANGES_PROPERTY: Final = "weir.changes"
"""Iceberg snapshot property of gold tables: JSON of the export that carries the same change."""

CONSUMED_PROPERTY: Final = "weir.consumed"
"""Iceberg snapshot property of gold tables: JSON, dataset -> last sequence consumed."""

AUDIT_BRANCH: Final = "audit"
"""Iceberg branch in which a writer stages rows until the audit passes."""

QUARANTINE_TABLE: Final = "records"
LOADS_TABLE: Final = "loads"
WAREHOUSE_SCHEMA: Final = "gold"
WAREHOUSE_DATABASE: Final = "warehouse"


ENGINES: Final = ("auto", "duckdb", "spark")
"""What may run a dataset's silver step or build a model; `auto` goes by size."""


Engine = Literal["duckdb", "spark"]
"""What did, once it was chosen."""

GOLD_MODELS: Final = "gold-models"
"""Stands for a dataset where a run's gold models are meant together; no dataset has a hyphen."""


class Watch(StrEnum):
    """What of a batch is held beside earlier runs: all figures, how many records, nothing."""

    ON = "on"
    VOLUME = "volume"
    OFF = "off"


class Zone(StrEnum):
    """The lake's zones; each but landing is a Glue database."""

    LANDING = "landing"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    QUARANTINE = "quarantine"


class BronzeColumn(StrEnum):
    """System columns of every bronze table."""

    EXTRA = "_extra"
    BATCH_ID = "_batch_id"
    OBJECT = "_object"
    VERSION = "_version"
    CHECKSUM = "_checksum"
    POSITION = "_position"
    ARRIVED_AT = "_arrived_at"
    OP = "_op"


class RowPlace(StrEnum):
    """Where a row stands, as the DuckDB engine reads it beside a table's columns."""

    FILE = "_file"
    AT = "_at"


class SilverColumn(StrEnum):
    """System columns of every silver table: the record's identity and its last writer."""

    CHECKSUM = "_checksum"
    POSITION = "_position"
    BATCH_ID = "_batch_id"
    SEQUENCE = "_sequence"
    LOADED_AT = "_loaded_at"


def was_column(column: str) -> str:
    """Holds, beside a classified row, a column's value in the row that stands."""
    return f"_was_{column}"


@dataclass(frozen=True)
class Names:
    """Names that depend on the stage, so that several stages fit one account."""

    stage: str

    def stack(self, concern: str) -> str:
        """`weir-dev-lake`"""
        return f"weir-{self.stage}-{concern}"

    def resource(self, name: str) -> str:
        """`weir-dev-stage-batch`: functions, jobs, the state machine, the workgroup."""
        return f"weir-{self.stage}-{name}"

    def stream(self, dataset: str) -> str:
        """`weir-dev-pos-sales`: the delivery stream that takes a dataset's events."""
        return self.resource(dataset.replace("_", "-"))

    def database(self, zone: Zone) -> str:
        """`weir_dev_silver`"""
        return f"{self._databases}{zone.value}"

    def table(self, zone: Zone, name: str) -> str:
        """`weir_dev_silver.sales`"""
        return f"{self.database(zone)}.{name}"

    def short(self, table: str) -> str:
        """`silver.sales` of `weir_dev_silver.sales`: as people and models name it."""
        database, _, name = table.partition(".")
        return f"{database.removeprefix(self._databases)}.{name}"

    @property
    def _databases(self) -> str:
        return f"weir_{self.stage}_"

    @property
    def state_machine(self) -> str:
        """Name of the `pipeline` state machine."""
        return self.resource("pipeline")

    @property
    def backfill_machine(self) -> str:
        """Name of the `backfill` state machine."""
        return self.resource("backfill")

    def source_parameter(self, source: str, field: str) -> str:
        """SSM parameter that the operator fills: `/weir/dev/sources/pos_api/base_url`."""
        return f"/weir/{self.stage}/sources/{source}/{field}"

    def source_secret(self, source: str) -> str:
        """Secrets Manager secret that the operator fills: `weir/dev/sources/pos_api`."""
        return f"weir/{self.stage}/sources/{source}"


def changes_table(gold_table: str) -> str:
    """The append-only Iceberg table of a gold table's changed rows, which the warehouse loads."""
    return f"{gold_table}__changes"


CHANGE_COLUMN: Final = "_change"
"""Last column of a changes table: `upsert` or `delete`."""


def landing_prefix(dataset: str) -> str:
    """Objects of a dataset land below this prefix."""
    return f"{dataset}/"


def pulled_prefix(dataset: str) -> str:
    """Objects that a pull lands; the pull itself registers them, together with its cursor."""
    return f"{landing_prefix(dataset)}api/"


def rejected_prefix(dataset: str) -> str:
    """What a stream's transform gave up on lands below it; no dataset's name has a hyphen."""
    return f"{dataset}-rejected/"


RECEIVED_AT: Final = "_received_at"
"""Added to each streamed event: when Firehose took it. No contract has it: it rests in `_extra`."""


def dataset_of_key(key: str) -> str:
    """The dataset that a landed key belongs to by its first folder; "" where it has none."""
    head, slash, _ = key.partition("/")
    return head if slash else ""
