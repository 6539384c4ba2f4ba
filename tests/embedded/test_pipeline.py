"""The whole pipeline on FoodMart, against the sums that FoodMart's makers computed themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest

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
