"""What a contract says, as frozen values; standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that a contract asks of a column's values.

    `kind` and `arguments` (text, as the contract has it):
        required; minimum, maximum, exclusive_minimum, exclusive_maximum (bound);
        min_length, max_length (characters); pattern (regular expression, found anywhere);
        one_of, none_of (values); min_items, max_items (elements of an array).
    severity: error or warning.
    """

    kind: str
    arguments: tuple[str, ...] = ()
    description: str = ""
    severity: str = "error"


@dataclass(frozen=True, kw_only=True)
class BatchRule:
    """One thing that a contract asks of a batch as a whole.

    metric: null_values, missing_values, invalid_values, duplicate_values, row_count or sql.
    column: where the rule stands; "" for the table.
    breaks: of the first three metrics: a record counts that breaks one of these.
    columns: of duplicate_values: what together is to be there once.
    query: of sql: a SELECT of one figure, its placeholders filled in.
    operator, bounds: must_be and so on, and one number as text, or two.
    unit: rows or percent.
    severity: error or warning.
    field, line: where it stands in the file, for what is found wrong with it later.
    """

    metric: str
    column: str = ""
    breaks: tuple[Rule, ...] = ()
    columns: tuple[str, ...] = ()
    query: str = ""
    operator: str
    bounds: tuple[str, ...]
    unit: str = "rows"
    severity: str = "error"
    description: str = ""
    field: str = ""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What a contract's `quality` asks beyond single records: of batches, and of Glue.

    dqdl: rules in Glue's Data Quality Definition Language, as the contract has them.
    """

    batch: tuple[BatchRule, ...] = ()
    dqdl: tuple[str, ...] = ()

    def __add__(self, other: Quality) -> Quality:
        return Quality(batch=self.batch + other.batch, dqdl=self.dqdl + other.dqdl)


@dataclass(frozen=True, kw_only=True)
class ContractColumn:
    """A column; `type` as in `plans.model.Column`.

    id: what the column is known by while its name changes; "" where the contract gives none.
    field: what the source calls it (physicalName); "" where that is its name.
    format, zone: as in `plans.model.Column`.
    classification: the strictest of its own and of its parts'.
    parts: of an object its properties, of an array the one description of its elements, which has
        no name. Their `type` is part of this one's.
    """

    name: str
    type: str
    required: bool
    description: str = ""
    classification: str = ""
    id: str = ""
    field: str = ""
    format: str = ""
    zone: str = ""
    rules: tuple[Rule, ...] = ()
    quality: Quality = Quality()
    parts: tuple[ContractColumn, ...] = ()

    @property
    def max_length(self) -> int | None:
        """Longest text allowed, in characters; None where the contract sets no limit."""
        limits = [int(rule.arguments[0]) for rule in self.rules if rule.kind == "max_length"]
        return min(limits, default=None)


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where records come from: `kind` s3, api or kinesis; `format` csv or json (JSON Lines).

    environment: the stage whose server it is; "" for every stage that has none of its own.
    """

    kind: str
    format: str
    options: tuple[tuple[str, str], ...] = ()
    environment: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceLevel:
    """A promise such as `freshness`; `minutes` of those that are a duration; `line` of the file."""

    name: str
    value: str
    minutes: int | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class RoleGrant:
    """A role that may use the dataset: `access` is read or write."""

    role: str
    access: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A column whose values are those of column `to` of another dataset, or of its own; `field` and
    `line` are where the contract says so."""

    column: str
    dataset: str
    to: str
    field: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One dataset, as its contract describes it.

    ordering: column that tells a newer row of a key from an older one; "" for order of arrival.
    status: proposed, draft, active, deprecated or retired, as the contract has it.
    digest: SHA-256 of the contract's meaning as YAML data, so that comments don't change it, nor
        what runs it.
    engine: auto, duckdb or spark.
    anomalies: a `naming.Watch`.
    table_quality: `quality` of the schema object; see also `quality`.
    contact: whom to ask, in a line; "" for nobody. tags: the contract's and its schema object's.
    """

    file: str
    dataset: str
    domain: str
    version: str
    digest: str
    description: str
    columns: tuple[ContractColumn, ...]
    primary_key: tuple[str, ...]
    ordering: str
    partition_by: tuple[str, ...]
    servers: tuple[Server, ...]
    service_levels: tuple[ServiceLevel, ...] = ()
    roles: tuple[RoleGrant, ...] = ()
    engine: str = "auto"
    anomalies: str = "on"
    table_quality: Quality = Quality()
    status: str = "active"
    references: tuple[Reference, ...] = ()
    contact: str = ""
    tags: tuple[str, ...] = ()

    @property
    def quality(self) -> Quality:
        """Of its columns, in their order, and of the table."""
        return sum((column.quality for column in self.columns), Quality()) + self.table_quality

    @property
    def server(self) -> Server:
        """What it comes from where no stage is asked about."""
        return self.server_of("") or self.servers[0]

    def server_of(self, stage: str) -> Server | None:
        """A stage's server; the only one is every stage's. None where each is another stage's."""
        if len(self.servers) == 1:
            return self.servers[0]
        by_stage = {server.environment: server for server in self.servers}
        return by_stage.get(stage) or by_stage.get("")

    def column(self, name: str) -> ContractColumn:
        """A column by name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
