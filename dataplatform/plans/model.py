"""The compiled platform: frozen values that travel as one JSON asset.

Nothing here imports more than the standard library: Lambda functions and Glue jobs read it.
SQL in a plan is complete but for the `{placeholders}` that each field's comment names; they are
filled by `str.format`-free replacement (`fill`), so that braces in SQL stay untouched.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from dataplatform.naming import Watch, dataset_of_key, rejected_prefix
from dataplatform.parsing.model import REJECTED
from dataplatform.quality.model import Check, Gate, Severity
from dataplatform.quality.profile import Measure

__all__ = [
    "AuditSql",
    "Check",
    "Column",
    "Gate",
    "GoldModel",
    "GoldSql",
    "LiveModel",
    "PlatformPlan",
    "SilverPlan",
    "SilverSql",
    "SourcePlan",
    "SummaryModel",
    "WarehouseSql",
    "fill",
]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A typed column.

    `type` is engine-neutral: boolean, int, bigint, double, decimal(p,s), string, date,
    timestamp (UTC). `id` is the contract's, by which a renamed column is known again; "" for none.
    `field` is what the source calls it, "" where that is its name.
    """

    name: str
    type: str
    required: bool = False
    max_length: int | None = None
    description: str = ""
    classification: str = ""
    id: str = ""
    field: str = ""


STREAM = "kinesis"
"""`SourcePlan.kind` of a dataset whose events come by Firehose."""


@dataclass(frozen=True, kw_only=True)
class SourcePlan:
    """Where a dataset's records come from.

    `kind`: "s3" (files land), "api" (pulled), "kinesis" (Firehose). `format`: csv, json (Lines).
    `options` of an api source: source, path, records_path, updated_param, id_param, limit_param,
    limit, has_more_path, key_header, updated_column, id_column (the last two: the record's fields
    that the next request's `updated_param` and `id_param` are taken from).
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
        columns (SilverColumn) and `_action`: insert, update or delete. {within} is a condition that
        holds for every row of the target (alias `t`) that is to change. "" for DuckDB, which writes
        no Iceberg table itself.
    rederived: as `classified`, but what stands is no argument: a row that is newer than what bronze
        gives is an update, too. It is what a backfill compares with.
    """

    typed: str
    newest: str
    classified: str
    merge: str
    rederived: str = ""


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
    spark, duckdb: the same step for each engine; the same rows, reasons and actions from both.
    engine: one of `naming.ENGINES`.
    gates: what the batch as a whole must keep before it is published.
    ruleset: the same checks and gates as Glue's DQDL; "" where there are none.
    anomalies: what of a batch is held beside earlier runs: a `naming.Watch`.
    audit: what is asked of a batch; None for nothing.
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
    gates: tuple[Gate, ...] = ()
    ruleset: str = ""
    anomalies: str = Watch.ON
    audit: AuditSql | None = None

    @property
    def warns(self) -> bool:
        """Whether a record may pass with a warning: `typed` then gives `_warnings`."""
        return any(check.severity == Severity.WARNING for check in self.checks)

    @property
    def fields(self) -> tuple[str, ...]:
        """What the source calls each column: the names that the parser looks for."""
        return tuple(column.field or column.name for column in self.columns)

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


@dataclass(frozen=True, kw_only=True)
class GoldSql:
    """A gold model's SELECTs in DuckDB SQL, the same rows as in Spark SQL; "" where the model is
    Spark's alone.

    Tables stand as {silver.<dataset>} and {gold.<model>}, in `sql` also as {changed}; see
    `GoldModel.sql` and `.full_sql`.
    """

    sql: str
    full_sql: str


@dataclass(frozen=True, kw_only=True)
class GoldModel:
    """A gold table: its SQL and what it is made from, in an order that can be built.

    datasets: every silver dataset that it is made from, by way of other models too.
    models: the gold models that its SQL reads itself.
    incremental: the input whose changed rows suffice: a dataset, or `gold.<model>` where aggregates
        of its new rows are combined with those that stand; "" for none.
    sql: SELECT in Spark SQL; tables are fully qualified. The table that `incremental` names is
        written {changed}, to be replaced by the view of its changed rows.
    full_sql: the same, always of all rows.
    engine: one of `naming.ENGINES`.
    """

    name: str
    domain: str
    table: str
    digest: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    datasets: tuple[str, ...]
    models: tuple[str, ...]
    incremental: str
    partition_by: tuple[str, ...]
    sql: str
    full_sql: str
    duckdb: GoldSql
    warehouse: WarehouseSql
    engine: str = "auto"


@dataclass(frozen=True, kw_only=True)
class WarehouseSql:
    """Redshift SQL of one gold table.

    create: CREATE TABLE IF NOT EXISTS.
    load: one transaction; {source} is the manifest of changed rows, {role} the ARN that COPY reads
        with; {run_id}, {build}, {snapshot} are the export's. The last statement counts the rows.
    """

    table: str
    create: str
    load: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SummaryModel:
    """A query on the warehouse whose rows `weir up` shows at its end.

    pivot: (across, figure): the column whose values become columns, and what is shown in them;
        empty for rows as they are.
    """

    name: str
    title: str
    sql: str
    pivot: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LiveModel:
    """What `weir live` shows of one stream before any run.

    gold: the gold models that its SQL reads.
    sql: SELECT in DuckDB SQL over stream.<dataset> and gold.<model>.
    """

    name: str
    title: str
    stream: str
    gold: tuple[str, ...]
    sql: str


@dataclass(frozen=True, kw_only=True)
class PlatformPlan:
    """The whole platform, compiled for one stage."""

    stage: str
    digest: str
    datasets: tuple[SilverPlan, ...]
    models: tuple[GoldModel, ...]
    summaries: tuple[SummaryModel, ...]
    warehouse_setup: tuple[str, ...]
    live: tuple[LiveModel, ...] = ()

    def claimant(self, key: str) -> str:
        """The dataset that a landed object belongs to; "" where no contract claims its folder."""
        return next((plan.dataset for plan in self.datasets if plan.claims(key)), "")

    def dataset(self, name: str) -> SilverPlan:
        """The plan of one dataset; KeyError where no contract declares it."""
        for plan in self.datasets:
            if plan.dataset == name:
                return plan
        raise KeyError(name)

    def model(self, name: str) -> GoldModel:
        """One gold model; KeyError where there is none."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    def to_json(self) -> str:
        """Stable JSON: the same plan gives the same bytes, so the asset's hash tells a change."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> PlatformPlan:
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        return cls(
            **{
                **raw,
                "datasets": tuple(_silver(item) for item in raw["datasets"]),
                "models": tuple(_gold(item) for item in raw["models"]),
                "summaries": tuple(_summary(item) for item in raw["summaries"]),
                "warehouse_setup": tuple(raw["warehouse_setup"]),
                "live": tuple(_live(item) for item in raw["live"]),
            }
        )


def fill(sql: str, **values: str) -> str:
    """Replace each `{name}` in rendered SQL; unlike str.format, other braces stay."""
    for name, value in values.items():
        sql = sql.replace("{" + name + "}", value)
    return sql


def _silver(raw: dict[str, Any]) -> SilverPlan:
    return SilverPlan(
        **{
            **raw,
            "source": SourcePlan(**raw["source"]),
            "columns": tuple(Column(**item) for item in raw["columns"]),
            "checks": tuple(_check(item) for item in raw["checks"]),
            "gates": tuple(_gate(item) for item in raw["gates"]),
            "audit": _audit(raw["audit"]),
            "primary_key": tuple(raw["primary_key"]),
            "partition_by": tuple(raw["partition_by"]),
            "spark": SilverSql(**raw["spark"]),
            "duckdb": SilverSql(**raw["duckdb"]),
        }
    )


def _summary(raw: dict[str, Any]) -> SummaryModel:
    return SummaryModel(**{**raw, "pivot": tuple(raw.get("pivot", ()))})


def _live(raw: dict[str, Any]) -> LiveModel:
    return LiveModel(**{**raw, "gold": tuple(raw["gold"])})


def _check(raw: dict[str, Any]) -> Check:
    return Check(**{**raw, "arguments": tuple(raw["arguments"])})


def _gate(raw: dict[str, Any]) -> Gate:
    return Gate(**{**raw, "bounds": tuple(raw["bounds"])})


def _audit(raw: dict[str, Any] | None) -> AuditSql | None:
    if raw is None:
        return None
    return AuditSql(**{**raw, "measures": tuple(Measure(**item) for item in raw["measures"])})


def _gold(raw: dict[str, Any]) -> GoldModel:
    warehouse = raw["warehouse"]
    return GoldModel(
        **{
            **raw,
            "columns": tuple(Column(**item) for item in raw["columns"]),
            **{name: tuple(raw[name]) for name in ("key", "datasets", "models", "partition_by")},
            "duckdb": GoldSql(**raw["duckdb"]),
            "warehouse": WarehouseSql(**{**warehouse, "load": tuple(warehouse["load"])}),
        }
    )
