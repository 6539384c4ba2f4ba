"""The plan of one dataset: where its records come from and how they become silver."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from dataplatform.naming import Watch, dataset_of_key, rejected_prefix
from dataplatform.parsing.csv_form import CsvForm
from dataplatform.parsing.model import REJECTED
from dataplatform.plans.model.column import Column
from dataplatform.quality.model import Check, Gate, Severity
from dataplatform.quality.profile import Measure

STREAM = "kinesis"
"""`SourcePlan.kind` of a dataset whose events come by Firehose."""


@dataclass(frozen=True, kw_only=True)
class SourcePlan:
    """Where a dataset's records come from.

    `kind`: "s3" (files land), "api" (pulled), "kinesis" (Firehose). `format`: csv, json (Lines).
    `options` of an api source: source, path, records_path, updated_param, id_param, limit_param,
    limit, has_more_path, key_header, updated_column, id_column (the last two: the record's fields
    that the next request's `updated_param` and `id_param` are taken from). Of files of CSV, where
    they aren't as RFC 4180 has them: delimiter, quote, encoding, as in `CsvForm`.
    """

    kind: str
    format: str
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SilverSql:
    """A dataset's silver step, rendered for one engine.

    Each is a SELECT over the views or tables named in braces.

    typed: reads {bronze} (the batch's rows, all columns text); gives every contract column cast,
        the bronze system columns, and `_reasons` (array of string, empty for a good record). What
        can't be cast is null and has a reason. Of a delete only key and ordering are checked.
        Where the plan `warns`, also `_warnings`: names of the checks that the record breaks and
        passes all the same (array of string).
    newest: reads {good}; adds `_rank` (1 = the newest row of its key).
    classified: reads {newest} (one row a key) and {silver}; adds `_action`: insert, update, delete,
        duplicate (equal to what stands, or older than it), and where the row that stands is:
        `naming.was_column` of each partition column.
    merge: MERGE INTO {target} USING {changes}, which has the contract's columns, the silver system
        columns (SilverColumn) and `_action`: update or delete. {within} is a condition that holds
        for every row of the target (alias `t`) that is to change. "" for DuckDB, which writes no
        Iceberg table itself.
    backfilled: as `classified`, but what stands is no argument: a row newer than what bronze
        gives is an update, too. It is what a backfill compares with.
    part: no SELECT, but an expression of a record's key as `typed` gives it: a number from 0 on, by
        which keys are told from chunk to chunk. Both engines give the same.
    """

    typed: str
    newest: str
    classified: str
    merge: str
    backfilled: str = ""
    part: str = "0"


@dataclass(frozen=True, kw_only=True)
class AuditSql:
    """What a batch is asked as a whole, in one aggregate: its profile and its gates.

    measures: what each column of the answer is.
    spark, duckdb: SELECT of one row; reads {records}, the accepted newest records without deletes;
        {sample} is `quality.profile.sample_of` the batch's records.
    """

    measures: tuple[Measure, ...]
    spark: str
    duckdb: str


@dataclass(frozen=True, kw_only=True)
class SilverPlan:
    """All that the runtime needs to know of a dataset.

    ordering: column that tells a newer row of a key from an older one; "" for order of arrival.
    freshness_minutes: the oldest that the newest data may be; None where nothing is promised.
    latency_minutes: how long a landed object may wait to be published; None as above.
    spark, duckdb: the same step for each engine; the same rows, reasons and actions from both.
    engine: one of `naming.ENGINES`.
    gates: what the batch as a whole must keep before it is published.
    ruleset: the same checks and gates as Glue's DQDL; "" where there are none.
    anomalies: what of a batch is held beside earlier runs: a `naming.Watch`.
    audit: what is asked of a batch; None for nothing.
    contact: whom to ask about the data, in a line; "" for nobody. tags: what it is filed under.
    readers, writers: roles that the contract lets read the dataset, or land files for it.
    """

    dataset: str
    domain: str
    version: str
    digest: str
    description: str
    source: SourcePlan
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    ordering: str
    partition_by: tuple[str, ...]
    checks: tuple[Check, ...]
    bronze_table: str
    silver_table: str
    quarantine_table: str
    spark: SilverSql
    duckdb: SilverSql
    engine: str = "auto"
    freshness_minutes: int | None = None
    latency_minutes: int | None = None
    gates: tuple[Gate, ...] = ()
    ruleset: str = ""
    anomalies: str = Watch.ON
    audit: AuditSql | None = None
    contact: str = ""
    tags: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()

    @property
    def warns(self) -> bool:
        """Whether a record may pass with a warning: `typed` then gives `_warnings`."""
        return any(check.severity == Severity.WARNING for check in self.checks)

    @property
    def fields(self) -> tuple[str, ...]:
        """What the source calls each column: the names that the parser looks for."""
        return tuple(column.field or column.name for column in self.columns)

    @property
    def csv(self) -> CsvForm:
        """How its files of CSV are written, and which columns they may do without."""
        named = (*self.primary_key, self.ordering)
        optional = (c for c in self.columns if not c.required and c.name not in named)
        said = self.source.options if self.source.format == "csv" else {}
        return CsvForm(**said, optional=frozenset(c.field or c.name for c in optional))

    @property
    def mark(self) -> str:
        """Changes with whatever decides what a row is; not with what only describes it."""
        said = [self.primary_key, self.ordering, asdict(self.duckdb), asdict(self.spark)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies a record: the primary key, else the object's checksum and position."""
        return self.primary_key or ("_checksum", "_position")

    def claims(self, key: str) -> bool:
        """Whether a landed object is this dataset's, by its folder."""
        return dataset_of_key(key) == self.dataset or self._is_rejected(key)

    def format_of(self, key: str) -> str:
        """How a landed object is to be parsed: as the contract says, or as a stream's rejects."""
        return REJECTED if self._is_rejected(key) else self.source.format

    def _is_rejected(self, key: str) -> bool:
        return self.source.kind == STREAM and key.startswith(rejected_prefix(self.dataset))

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> SilverPlan:
        """Read what `dataclasses.asdict` gave of one."""
        return cls(
            **{
                **raw,
                "source": SourcePlan(**raw["source"]),
                "columns": tuple(map(Column.from_dict, raw["columns"])),
                "checks": tuple(_check(item) for item in raw["checks"]),
                "gates": tuple(_gate(item) for item in raw["gates"]),
                "audit": _audit(raw["audit"]),
                "primary_key": tuple(raw["primary_key"]),
                "partition_by": tuple(raw["partition_by"]),
                "tags": tuple(raw.get("tags", ())),
                "readers": tuple(raw.get("readers", ())),
                "writers": tuple(raw.get("writers", ())),
                "spark": SilverSql(**raw["spark"]),
                "duckdb": SilverSql(**raw["duckdb"]),
            }
        )


def _check(raw: dict[str, Any]) -> Check:
    return Check(**{**raw, "arguments": tuple(raw["arguments"])})


def _gate(raw: dict[str, Any]) -> Gate:
    return Gate(**{**raw, "bounds": tuple(raw["bounds"])})


def _audit(raw: dict[str, Any] | None) -> AuditSql | None:
    if raw is None:
        return None
    return AuditSql(**{**raw, "measures": tuple(Measure(**item) for item in raw["measures"])})
