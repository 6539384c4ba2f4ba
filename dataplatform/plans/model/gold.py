"""A gold table: its SQL for both engines, and for the warehouse that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataplatform.plans.model.column import Column


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

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> GoldModel:
        """Read what `dataclasses.asdict` gave of one."""
        warehouse = raw["warehouse"]
        return cls(
            **{
                **raw,
                "columns": tuple(map(Column.from_dict, raw["columns"])),
                **{
                    name: tuple(raw[name]) for name in ("key", "datasets", "models", "partition_by")
                },
                "duckdb": GoldSql(**raw["duckdb"]),
                "warehouse": WarehouseSql(**{**warehouse, "load": tuple(warehouse["load"])}),
            }
        )
