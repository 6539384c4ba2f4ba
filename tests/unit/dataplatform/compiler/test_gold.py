"""What a gold model is compiled to."""

from __future__ import annotations

from pathlib import Path

from tests.unit.support.gold_models import DIM, compiled, model


def test_names_are_qualified_for_the_stage(tmp_path: Path) -> None:
    found = model(tmp_path, DIM)
    assert found.table == "weir_dev_gold.m"
    assert "FROM glue_catalog.weir_dev_silver.orders AS o" in found.full_sql
    assert found.sql == found.full_sql
    assert found.key == ("order_id",)
    assert found.datasets == ("orders",)


def test_columns_inherit_type_length_and_classification(tmp_path: Path) -> None:
    sql = "-- key: id\nSELECT o.order_id AS id, o.email, o.amount FROM silver.orders AS o"
    by_name = {column.name: column for column in model(tmp_path, sql).columns}
    assert by_name["id"].type == "bigint"
    assert by_name["id"].required
    assert (by_name["email"].max_length, by_name["email"].classification) == (50, "pii")
    assert by_name["amount"].type == "decimal(10,4)"


def test_what_is_made_from_pii_is_pii_unless_it_is_a_count(tmp_path: Path) -> None:
    sql = (
        "-- key: state\nWITH x AS (SELECT state, email AS e FROM silver.orders)\n"
        "SELECT state, MIN(UPPER(x.e)) AS first_email, COUNT(DISTINCT x.e) AS people\n"
        "FROM x GROUP BY state"
    )
    by_name = {column.name: column for column in model(tmp_path, sql).columns}
    assert by_name["first_email"].classification == "pii"
    assert by_name["people"].classification == ""


def test_models_are_built_after_those_that_they_read(tmp_path: Path) -> None:
    above = "-- key: order_id\nSELECT order_id FROM gold.{}"
    plan = compiled(tmp_path, a=above.format("b"), b=above.format("c"), c=DIM)
    assert [found.name for found in plan.models] == ["c", "b", "a"]
    assert plan.model("a").models == ("b",)
    assert plan.model("a").datasets == ("orders",)


def test_an_incremental_model_reads_changed_rows_in_place_of_its_dataset(tmp_path: Path) -> None:
    sql = (
        "-- key: order_id\n-- incremental: orders\nSELECT o.order_id, c.state\n"
        "FROM silver.orders o LEFT JOIN silver.carts c ON o.order_id = c.order_id"
    )
    found = model(tmp_path, sql)
    assert "FROM {changed} AS o" in found.sql
    assert "glue_catalog.weir_dev_silver.carts AS c" in found.sql
    assert "glue_catalog.weir_dev_silver.orders AS o" in found.full_sql


def test_system_columns_of_silver_can_be_read(tmp_path: Path) -> None:
    sql = "-- key: order_id\nSELECT order_id, _loaded_at AS loaded_at FROM silver.orders"
    assert model(tmp_path, sql).columns[1].type == "timestamp"


def test_the_digest_follows_meaning_and_what_lies_below(tmp_path: Path) -> None:
    above = "-- key: order_id\nSELECT order_id FROM gold.dim"
    plans = [
        compiled(tmp_path / name, dim=dim, above=above)
        for name, dim in (
            ("a", DIM),
            ("b", f"-- description: other words\n{DIM}"),
            ("c", f"{DIM}WHERE o.state = 'open'"),
        )
    ]
    first, reworded, narrowed = (plan.model("above").digest for plan in plans)
    assert first == reworded
    assert first != narrowed


def test_the_warehouse_gets_the_same_columns(tmp_path: Path) -> None:
    found = model(tmp_path, f"-- partition: state\n{DIM}")
    assert found.partition_by == ("state",)
    assert '"order_id" BIGINT NOT NULL' in found.warehouse.create
