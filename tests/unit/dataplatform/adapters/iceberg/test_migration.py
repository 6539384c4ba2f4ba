from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from dataplatform.adapters.iceberg.migration import applied_plans, note_plan
from dataplatform.adapters.iceberg.tables import catalog, open_table
from dataplatform.errors import InvalidContract
from dataplatform.naming import CHANGE_COLUMN
from dataplatform.plans.model import Column, PlatformPlan
from tests.unit.support.lakes import COLUMNS, Lake, plan_of, stores

SILVER = "weir_dev_silver.stores"
RECORDS = "weir_dev_quarantine.records"


def changed(**by_name: Any) -> PlatformPlan:
    """The plan with columns of `stores` changed, and those given as Column added."""
    added = [column for column in by_name.values() if isinstance(column, Column)]
    kept = [replace(column, **by_name.get(column.name, {})) for column in COLUMNS]
    return plan_of(stores(columns=(*kept, *added)), digest="two")


def without(name: str) -> PlatformPlan:
    return plan_of(stores(columns=tuple(c for c in COLUMNS if c.name != name)), digest="two")


def test_tables_are_made_as_spark_and_redshift_read_them(lake: Lake) -> None:
    table = open_table(SILVER)
    assert table.metadata.format_version == 2
    assert table.metadata.location == "s3://silver/stores"
    fields = {field.name: field for field in table.schema().fields}
    assert str(fields["opened_at"].field_type) == "timestamptz"
    assert str(fields["area"].field_type) == "decimal(10, 2)"
    assert (fields["store_id"].required, fields["city"].required) == (True, False)
    assert fields["store_id"].doc == "Number of the store"


def test_the_same_plan_again_changes_nothing(lake: Lake) -> None:
    before = open_table(SILVER).metadata_location
    assert lake.migrate(plan_of()) == []
    assert open_table(SILVER).metadata_location == before


def test_a_new_column_is_added_and_old_rows_lack_it(lake: Lake) -> None:
    bronze = open_table("weir_dev_bronze.stores")
    plan = changed(florist=Column(name="florist", type="boolean", required=True))
    assert lake.migrate(plan) == [
        "weir_dev_bronze.stores add florist string",
        f"{SILVER} add florist boolean",
    ]
    assert not open_table(SILVER).schema().find_field("florist").required
    assert bronze.refresh().schema().find_field("florist").doc is None
    assert lake.migrate(plan) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_columns_stand_where_the_plan_has_them_because_copy_takes_them_by_place(
    lake: Lake, place: int
) -> None:
    (gold,) = plan_of().models
    columns = list(gold.columns)
    columns.insert(place, Column(name="florist", type="boolean"))
    plan = replace(plan_of(), models=(replace(gold, columns=tuple(columns)),))
    assert lake.migrate(plan) == [
        f"weir_dev_gold.{name} add florist boolean" for name in ("dim_store", "dim_store__changes")
    ]
    names = [column.name for column in columns]
    assert open_table("weir_dev_gold.dim_store").schema().column_names == names
    assert open_table("weir_dev_gold.dim_store__changes").schema().column_names == [
        *names,
        CHANGE_COLUMN,
    ]
    assert lake.migrate(plan) == []


def test_columns_may_change_places(lake: Lake) -> None:
    (gold,) = plan_of().models
    plan = replace(plan_of(), models=(replace(gold, columns=gold.columns[::-1]),))
    assert lake.migrate(plan) == [
        "weir_dev_gold.dim_store order",
        "weir_dev_gold.dim_store__changes order",
    ]
    assert open_table("weir_dev_gold.dim_store").schema().column_names == ["city", "store_id"]
    assert lake.migrate(plan) == []


def test_columns_widen_relax_and_are_described(lake: Lake) -> None:
    plan = changed(
        store_id={"type": "bigint", "required": False},
        area={"type": "decimal(12,2)"},
        city={"description": "Where it stands"},
    )
    assert lake.migrate(plan) == [
        "weir_dev_bronze.stores describe city",
        f"{SILVER} widen store_id int to long",
        f"{SILVER} relax store_id",
        f"{SILVER} describe city",
        f"{SILVER} widen area decimal(10, 2) to decimal(12, 2)",
    ]
    field = open_table(SILVER).schema().find_field("store_id")
    assert (str(field.field_type), field.required) == ("long", False)
    assert lake.migrate(plan) == []


def test_rows_written_before_a_change_are_read_after_it(lake: Lake) -> None:
    table = open_table("weir_dev_gold.dim_store")
    schema = pa.schema([pa.field("store_id", pa.int32(), nullable=False), ("city", pa.string())])
    table.append(pa.table({"store_id": [1], "city": ["Bilbao"]}, schema=schema))
    (gold,) = plan_of().models
    wider = replace(gold, columns=(replace(COLUMNS[0], type="bigint"), *COLUMNS[1:3]))
    lake.migrate(replace(plan_of(), models=(wider,)))
    assert lake.rows("weir_dev_gold.dim_store") == [{"store_id": 1, "city": "Bilbao", "area": None}]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (without("city"), "contract stores  city: the column is gone from the contract"),
        (changed(city={"name": "town"}), "contract stores  city: the column is gone"),
        (changed(city={"type": "int"}), "contract stores  city: type int; expected string or"),
        (changed(area={"type": "decimal(10,4)"}), r"area: type decimal\(10,4\); expected"),
        (plan_of(stores(primary_key=("city",))), "primaryKey: city; expected store_id, by which"),
    ],
)
def test_a_breaking_change_is_refused_by_contract_and_column(
    lake: Lake, plan: PlatformPlan, message: str
) -> None:
    with pytest.raises(InvalidContract, match=message):
        lake.migrate(plan)


def test_nothing_is_changed_where_one_change_breaks(lake: Lake) -> None:
    before = open_table(SILVER).metadata_location
    florist = Column(name="florist", type="boolean")
    plan = changed(city={"type": "int"}, florist=florist)
    more = replace(
        stores(),
        dataset="regions",
        bronze_table="weir_dev_bronze.regions",
        silver_table="weir_dev_silver.regions",
    )
    plan = replace(plan, datasets=(*plan.datasets, more))
    with pytest.raises(InvalidContract):
        lake.migrate(plan)
    assert open_table(SILVER).metadata_location == before
    assert not catalog().table_exists("weir_dev_bronze.regions")


def test_every_breaking_change_is_named_at_once(lake: Lake) -> None:
    plan = changed(city={"type": "int"}, area={"type": "string"})
    with pytest.raises(InvalidContract) as refused:
        lake.migrate(plan)
    assert {problem.field for problem in refused.value.problems} == {"city", "area"}


def test_a_model_is_named_as_a_model(lake: Lake) -> None:
    (gold,) = plan_of().models
    with pytest.raises(InvalidContract, match="model dim_store  key: city; expected store_id"):
        lake.migrate(replace(plan_of(), models=(replace(gold, key=("city",)),)))


def test_a_rollback_leaves_the_tables_that_have_grown(lake: Lake) -> None:
    lake.migrate(changed(florist=Column(name="florist", type="boolean")))
    assert lake.migrate(plan_of(), going_back=True) == []
    assert "florist" in open_table(SILVER).schema().column_names


def test_a_dataset_that_is_gone_keeps_its_tables(lake: Lake) -> None:
    lake.migrate(replace(plan_of(), datasets=(), models=()))
    assert catalog().table_exists(SILVER)


def test_settings_follow_the_platform(lake: Lake) -> None:
    table = open_table(SILVER)
    with table.transaction() as transaction:
        transaction.set_properties({"write.metadata.previous-versions-max": "7", "mine": "kept"})
    assert lake.migrate(plan_of()) == [f"{SILVER} settings write.metadata.previous-versions-max"]
    assert table.refresh().properties["mine"] == "kept"


def test_plans_that_were_in_force_are_remembered(lake: Lake) -> None:
    assert applied_plans(catalog(), RECORDS) == []
    for digest in ("one", "two", "two", "one", "three"):
        note_plan(catalog(), RECORDS, digest)
    assert applied_plans(catalog(), RECORDS) == ["two", "one", "three"]
    assert applied_plans(catalog(), "weir_dev_bronze.nothing") == []
