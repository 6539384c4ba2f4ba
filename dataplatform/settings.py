"""Settings that a stack writes and a function or job reads: one class serves both sides."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

from dataplatform.errors import WeirError

_PREFIX = "WEIR_"

STAGING_STORAGE_MIB: Final = 2048
"""Ephemeral storage of `stage_batch`: an object waits there, packed, until it is read whole."""


class MissingSetting(WeirError):
    """An environment variable or job argument that the stack should have written."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base: each field is one environment variable (`WEIR_STAGE`) or job argument (`--stage`).

    Every field is a string; a subclass adds properties where another type is wanted.
    """

    stage: str

    def to_environment(self) -> dict[str, str]:
        """Environment variables of a Lambda function."""
        return {_PREFIX + field.name.upper(): getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read what `to_environment` wrote.

        Raises:
            MissingSetting: naming the variable.
        """
        source = os.environ if environment is None else environment
        return cls(**{f.name: _required(source, _PREFIX + f.name.upper()) for f in fields(cls)})

    def to_arguments(self) -> dict[str, str]:
        """Default arguments of a Glue job."""
        return {"--" + field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arguments(cls, argv: Sequence[str]) -> Self:
        """Read what `to_arguments` wrote, from `sys.argv` as Glue passes it."""
        given = arguments(argv)
        return cls(**{f.name: _required(given, f.name) for f in fields(cls)})


def arguments(argv: Sequence[str]) -> dict[str, str]:
    """Parse `--name value` pairs; Glue adds pairs of its own, which are kept too."""
    pairs: dict[str, str] = {}
    name = None
    for word in argv[1:]:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            pairs[name] = value if equals else ""
        elif name is not None:
            pairs[name] = word
            name = None
    return pairs


def _required(source: Mapping[str, str], name: str) -> str:
    if name not in source:
        raise MissingSetting(
            f"{name} is not set",
            why="The stack that deploys this code writes it.",
            remedy="Deploy again; for a run by hand, set it.",
        )
    return source[name]


@dataclass(frozen=True, kw_only=True)
class LedgerSettings(Settings):
    """What every function needs: where the ledger and the compiled plans are."""

    ledger_table: str
    plans_uri: str


@dataclass(frozen=True, kw_only=True)
class StarterSettings(LedgerSettings):
    """Starting the pipeline."""

    state_machine_arn: str


@dataclass(frozen=True, kw_only=True)
class IngestSettings(LedgerSettings):
    """Pulling a source into landing."""

    landing_bucket: str


@dataclass(frozen=True, kw_only=True)
class ProbeSettings(LedgerSettings):
    """Asking the sources; alerts_topic_arn: who is told of drift."""

    alerts_topic_arn: str


@dataclass(frozen=True, kw_only=True)
class LakeSettings(LedgerSettings):
    """Reading landing, writing Iceberg tables."""

    landing_bucket: str
    bronze_bucket: str
    silver_bucket: str
    gold_bucket: str
    quarantine_bucket: str


@dataclass(frozen=True, kw_only=True)
class MaintenanceSettings(LakeSettings):
    """Looking after tables.

    delete_orphans: "true" where files without an owner may go.
    delete_replayed: "true" where rows of quarantine that replays took long ago may go.
    glue_joins: "true" where Glue's own compaction joins the files of silver and gold.
    """

    delete_orphans: str
    delete_replayed: str
    glue_joins: str

    @property
    def deletes_orphans(self) -> bool:
        """Whether the stage lets files be deleted."""
        return self.delete_orphans == "true"

    @property
    def removes_replayed(self) -> bool:
        """Whether the stage lets rows of quarantine be removed."""
        return self.delete_replayed == "true"

    @property
    def leaves_joining_to_glue(self) -> bool:
        """Whether small files of silver and gold are Glue's."""
        return self.glue_joins == "true"


@dataclass(frozen=True, kw_only=True)
class EngineSettings(LedgerSettings):
    """Choosing engines: up to where DuckDB in a function is tried (docs/decisions/engines.md).

    batch_mib, batch_rows: landed bytes and records of a dataset's batches together.
    table_mib: of a silver table that isn't partitioned, since any of its files may be touched.
    """

    batch_mib: str
    batch_rows: str
    table_mib: str

    @property
    def batch_bytes(self) -> int:
        """Landed bytes up to which DuckDB is tried."""
        return int(self.batch_mib) << 20

    @property
    def rows(self) -> int:
        """Records up to which DuckDB is tried."""
        return int(self.batch_rows)

    @property
    def table_bytes(self) -> int:
        """Bytes of an unpartitioned silver table up to which DuckDB is tried."""
        return int(self.table_mib) << 20


@dataclass(frozen=True, kw_only=True)
class ClosingSettings(LedgerSettings):
    """Ending a run; alerts_topic_arn: who is told of what it has held."""

    alerts_topic_arn: str


@dataclass(frozen=True, kw_only=True)
class PlanningSettings(LedgerSettings):
    """Making batches: up to where a function stages one.

    function_mib: text of a batch's objects together, before it was packed.
    alerts_topic_arn: who is told of drift.
    """

    function_mib: str
    alerts_topic_arn: str

    @property
    def function_bytes(self) -> int:
        """Bytes of text up to which a function stages a batch."""
        return int(self.function_mib) << 20


@dataclass(frozen=True, kw_only=True)
class DuckdbSettings(LakeSettings):
    """A function's that runs DuckDB: the lake, and the memory and the disk that it has."""

    memory_mib: str
    storage_mib: str

    @property
    def memory_bytes(self) -> int:
        """The function's memory."""
        return int(self.memory_mib) << 20

    @property
    def storage_bytes(self) -> int:
        """The function's ephemeral storage."""
        return int(self.storage_mib) << 20


@dataclass(frozen=True, kw_only=True)
class BackfillSettings(DuckdbSettings, EngineSettings):
    """Planning a backfill: what the function has that does a chunk, and what is Spark's.

    dpu: what the Spark job is billed.
    """

    dpu: str


@dataclass(frozen=True, kw_only=True)
class JobSettings(LakeSettings):
    """A Spark job's: the lake, how many tables it works on at once, the DPU that it is billed."""

    at_once: str
    dpu: str

    @property
    def tables_at_once(self) -> int:
        """Tables side by side.

        Raises:
            ValueError: the argument isn't a number from 1 on.
        """
        number = int(self.at_once)
        if number < 1:
            raise ValueError(f"--at_once {self.at_once}: a job works on one table at least")
        return number


@dataclass(frozen=True, kw_only=True)
class WarehouseSettings(LedgerSettings):
    """Loading the warehouse through the Data API."""

    gold_bucket: str
    workgroup: str
    warehouse_role_arn: str


@dataclass(frozen=True, kw_only=True)
class MigrationSettings(LakeSettings):
    """Creating and evolving tables on both sides.

    catalog_id: the account whose catalogue it is.
    optimizer_role_arn: by which Glue's own compaction works; "" where the stage has it off.
    """

    workgroup: str
    warehouse_role_arn: str
    admin_secret_arn: str
    loader_role_name: str
    catalog_id: str
    optimizer_role_arn: str
