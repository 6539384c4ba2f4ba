"""Plans as small as a test needs."""

from __future__ import annotations

from dataplatform.plans.model import (
    GoldModel,
    GoldSql,
    PlatformPlan,
    SilverPlan,
    SilverSql,
    SourcePlan,
    WarehouseSql,
)

API_OPTIONS = {
    "source": "shop",
    "path": "/v1/sales",
    "records_path": "data",
    "updated_param": "updated_since",
    "id_param": "after_id",
    "limit_param": "limit",
    "limit": "3",
    "has_more_path": "page.more",
    "key_header": "X-API-Key",
    "updated_column": "updated_at",
    "id_column": "id",
}


def dataset(name: str, kind: str = "s3", **options: str) -> SilverPlan:
    given = {**API_OPTIONS, **options} if kind == "api" else {}
    return SilverPlan(
        dataset=name,
        domain="shop",
        version="1.0.0",
        digest="d",
        description="",
        source=SourcePlan(kind=kind, format="json", options=given),
        columns=(),
        primary_key=("id",),
        ordering="updated_at",
        partition_by=(),
        checks=(),
        bronze_table=f"bronze.{name}",
        silver_table=f"silver.{name}",
        quarantine_table="quarantine.records",
        spark=SilverSql(typed="", newest="", classified="", merge=""),
        duckdb=SilverSql(typed="", newest="", classified="", merge=""),
    )


def model(name: str, *datasets: str, models: tuple[str, ...] = (), digest: str = "d") -> GoldModel:
    return GoldModel(
        name=name,
        domain="shop",
        table=f"gold.{name}",
        digest=digest,
        columns=(),
        key=("id",),
        datasets=datasets,
        models=models,
        incremental="",
        partition_by=(),
        sql="",
        full_sql="",
        duckdb=GoldSql(sql="", full_sql=""),
        warehouse=WarehouseSql(table=name, create="", load=()),
    )


def platform(datasets: tuple[SilverPlan, ...], models: tuple[GoldModel, ...] = ()) -> PlatformPlan:
    return PlatformPlan(
        stage="dev",
        digest="d",
        datasets=datasets,
        models=models,
        summaries=(),
        warehouse_setup=(),
    )
