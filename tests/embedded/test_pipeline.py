"""The whole pipeline on FoodMart, against the sums that FoodMart's makers computed themselves.

Other tests share the platform and land rows of their own: these look at FoodMart's keys, or at what
changes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest

from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.truth import aggregate
from tests.embedded.aggregates import AGGREGATES, grouped, sums
from tests.embedded.harness import Platform, assert_balanced

pytestmark = pytest.mark.embedded

SALES_LINES = 86_837 + 164_558 + 18_325
ROWS = {
    "sales": SALES_LINES,
    "customers": 10_281,
    "products": 1_560,
    "product_classes": 110,
    "stores": 25,
    "regions": 110,
    "promotions": 1_864,
    "dates": 730,
}
EDITED = "1998-0000042"


def test_the_first_run_inserts_every_record_of_every_source(platform: Platform) -> None:
    books = platform.first["datasets"]
    for dataset, rows in ROWS.items():
        assert books[dataset]["source"] == rows, dataset
        assert books[dataset]["inserted"] == books[dataset]["live"] == rows, dataset
        assert_balanced(books[dataset])


def test_the_warehouse_gives_foodmarts_totals_of_1997_to_the_cent(platform: Platform) -> None:
    figures = platform.first["warehouse"]["sales_1997"]
    assert figures["units"] == 266_773
    assert Decimal(figures["store_sales"]) == Decimal("565238.13")


@pytest.mark.parametrize("table", AGGREGATES)
def test_gold_equals_foodmarts_own_aggregates_group_by_group(
    platform: Platform, foodmart: Foodmart, table: str
) -> None:
    connection = duckdb.connect()
    for name in ("fact_sales", "dim_date"):
        connection.register(name, platform.table(f"gold.{name}"))
    found = connection.execute(grouped(foodmart, table, schema="")).fetchall()
    assert sums(foodmart, table, found) == aggregate(foodmart, table)


@pytest.mark.parametrize("table", AGGREGATES)
def test_the_warehouse_equals_foodmarts_own_aggregates_group_by_group(
    platform: Platform, foodmart: Foodmart, table: str
) -> None:
    found = platform.target.warehouse.query(grouped(foodmart, table, schema="gold."))
    rows = [tuple(row.values()) for row in found]
    assert sums(foodmart, table, rows) == aggregate(foodmart, table)


def test_each_gold_table_has_as_many_rows_as_the_warehouse(platform: Platform) -> None:
    models = [model.name for model in platform.target.plan.models]
    counts = (f"SELECT '{name}' AS model, COUNT(*) AS rows FROM gold.{name}" for name in models)
    warehouse = {row["model"]: row["rows"] for row in platform.sql(" UNION ALL ".join(counts))}
    assert warehouse == {name: platform.table(f"gold.{name}").num_rows for name in models}
    assert warehouse["fact_sales"] == SALES_LINES


def test_verbs_say_what_is_read_here(platform: Platform) -> None:
    """Other tests read by the functions behind them, which takes no process for each look."""
    assert platform.json("status")["datasets"] == platform.books()
    stores = "SELECT * FROM gold.dim_store ORDER BY store_id"
    assert platform.json("sql", stores) == platform.sql(stores) != []


def test_a_second_up_changes_nothing(platform: Platform) -> None:
    books, snapshots, runs = platform.books(), platform.snapshots(), platform.job_runs()
    again = platform.json("up")
    assert again["datasets"] == books
    assert platform.snapshots() == snapshots
    assert platform.job_runs() == runs


def test_an_edited_sale_alone_is_pulled_and_changes_what_it_must(platform: Platform) -> None:
    asked, cursor = len(platform.requests()), platform.target.ledger.cursor("sales")
    before, books, regions = _sales_of_1998(platform), platform.books()["sales"], _regions(platform)
    sale = _sale(platform)
    edited = {
        "unit_sales": sale["unit_sales"] + 3,
        "store_sales": sale["store_sales"] + Decimal("1.2345"),
    }
    platform.edit_sale(EDITED, {name: str(value) for name, value in edited.items()})
    ended = platform.json("run")

    assert ended["datasets"].keys() == {"sales"}
    assert ended["datasets"]["sales"]["updated"] == ended["datasets"]["sales"]["source"] == 1
    assert platform.books()["sales"] == books | {
        "source": books["source"] + 1,
        "updated": books["updated"] + 1,
    }
    requests = platform.requests()[asked:]
    assert cursor
    assert sum(request["rows"] for request in requests) == 1
    landed = (cursor.updated_at, cursor.id)
    assert all((request["updated_since"], request["after_id"]) >= landed for request in requests)

    for zone, key in (("silver.sales", "id"), ("gold.fact_sales", "sale_id")):
        rows = platform.table(zone, where=f"{key} = '{EDITED}'").to_pylist()
        assert [{name: row[name] for name in edited} for row in rows] == [edited], zone
        assert platform.table(zone).num_rows == SALES_LINES, zone
    assert _sale(platform) == sale | edited
    after = _sales_of_1998(platform)
    assert after == before | {
        "units": before["units"] + 3,
        "sales": before["sales"] + Decimal("1.2345"),
    }
    moved = {key: row for key, row in _regions(platform).items() if row != regions[key]}
    assert len(moved) == 1, "one region in one month"
    ((month, row),) = moved.items()
    assert [now - then for now, then in zip(row, regions[month], strict=True)] == [
        3,
        Decimal("1.2345"),
        0,
    ]


def _sale(platform: Platform) -> dict[str, Any]:
    (row,) = platform.target.warehouse.query(
        f"SELECT * FROM gold.fact_sales WHERE sale_id = '{EDITED}'"
    )
    return dict(row)


def _sales_of_1998(platform: Platform) -> dict[str, Any]:
    (row,) = platform.target.warehouse.query(
        "SELECT COUNT(*) AS lines, SUM(f.unit_sales) AS units, SUM(f.store_sales) AS sales "
        "FROM gold.fact_sales AS f JOIN gold.dim_date AS d ON f.date_id = d.date_id "
        "WHERE d.year = 1998"
    )
    return dict(row)


def _regions(platform: Platform) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = platform.target.warehouse.query("SELECT * FROM gold.agg_sales_region_month")
    return {
        (row["sales_region"], row["year"], row["month_of_year"]): (
            row["unit_sales"],
            row["store_sales"],
            row["sales_count"],
        )
        for row in rows
    }
