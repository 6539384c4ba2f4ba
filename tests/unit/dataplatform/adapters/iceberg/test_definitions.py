from __future__ import annotations

from dataclasses import replace

from dataplatform.adapters.iceberg.definitions import definitions
from dataplatform.naming import BronzeColumn, SilverColumn
from tests.unit.support.lakes import COLUMNS, LAKE, plan_of, stores

TABLES = {table.name: table for table in definitions(plan_of(stores(partition_by=("city",))), LAKE)}


def test_each_dataset_and_model_has_its_tables_each_in_its_zone() -> None:
    assert {name: table.location for name, table in TABLES.items()} == {
        "weir_dev_quarantine.records": "s3://quarantine/records",
        "weir_dev_bronze.stores": "s3://bronze/stores",
        "weir_dev_silver.stores": "s3://silver/stores",
        "weir_dev_gold.dim_store": "s3://gold/dim_store",
        "weir_dev_gold.dim_store__changes": "s3://gold/dim_store__changes",
    }


def test_bronze_takes_any_text_in_any_column() -> None:
    bronze = TABLES["weir_dev_bronze.stores"]
    sent = bronze.columns[: len(COLUMNS)]
    assert [column.name for column in sent] == [column.name for column in COLUMNS]
    assert {(column.type, column.required) for column in sent} == {("string", False)}
    assert {column.name for column in bronze.columns[len(COLUMNS) :]} == set(BronzeColumn)
    assert bronze.partition == (BronzeColumn.BATCH_ID,)


def test_silver_keeps_the_contracts_types_and_knows_its_last_writer() -> None:
    silver = TABLES["weir_dev_silver.stores"]
    assert silver.columns[: len(COLUMNS)] == COLUMNS
    assert {column.name for column in silver.columns[len(COLUMNS) :]} == set(SilverColumn)
    assert (silver.key, silver.partition) == (("store_id",), ("city",))
    assert silver.properties["write.merge.mode"] == "copy-on-write"


def test_a_dataset_without_key_is_merged_by_the_record_itself() -> None:
    (silver,) = (
        table
        for table in definitions(plan_of(stores(primary_key=())), LAKE)
        if table.name == "weir_dev_silver.stores"
    )
    assert silver.key == ("_checksum", "_position")


def test_every_column_is_documented() -> None:
    described = [replace(column, description="given") for column in COLUMNS]
    for table in definitions(plan_of(stores(columns=tuple(described))), LAKE):
        if "gold" not in table.name:
            assert all(column.description for column in table.columns), table.name


def test_the_catalogue_tells_whose_data_it_is_and_what_is_personal() -> None:
    first, *others = (replace(c, classification="pii") if c.name == "city" else c for c in COLUMNS)
    filed = replace(
        stores(columns=(first, *others)), contact="team Retail", tags=("sales", "daily")
    )
    found = {table.name: table.properties for table in definitions(plan_of(filed), LAKE)}
    for name in ("weir_dev_bronze.stores", "weir_dev_silver.stores"):
        assert found[name]["weir.contact"] == "team Retail"
        assert found[name]["weir.tags"] == "sales,daily"
        assert found[name]["weir.classified"] == "city=pii"
    assert found["weir_dev_gold.dim_store"]["weir.classified"] == ""
