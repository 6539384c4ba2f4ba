from __future__ import annotations

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.samples import truth
from embedded_aws.samples.files import sample_files
from embedded_aws.samples.foodmart import AGGREGATES, SALES, Foodmart
from embedded_aws.samples.hsqldb import MalformedScript
from tests.unit.support.foodmarts import small_jar


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("customer", 10_281),
        ("product", 1_560),
        ("product_class", 110),
        ("promotion", 1_864),
        ("region", 110),
        ("sales_fact_1997", 86_837),
        ("sales_fact_1998", 164_558),
        ("sales_fact_dec_1998", 18_325),
        ("store", 25),
        ("time_by_day", 730),
    ],
)
def test_every_row_is_read(foodmart: Foodmart, table: str, rows: int) -> None:
    assert foodmart.count(table) == rows


@pytest.mark.parametrize("table", AGGREGATES)
def test_each_aggregate_sums_to_the_sale_lines_of_1997(foodmart: Foodmart, table: str) -> None:
    sums = truth.totals(foodmart, table)
    lines = truth.totals(foodmart, "sales_fact_1997")
    assert sums == {**lines, "fact_count": Decimal(86_837)}
    assert lines["unit_sales"] == 266_773
    assert lines["store_sales"] == Decimal("565238.13")


def test_an_aggregate_gives_the_sums_of_each_group(foodmart: Foodmart) -> None:
    by_month = truth.aggregate(foodmart, "agg_c_10_sales_fact_1997")
    assert truth.groups(foodmart, "agg_c_10_sales_fact_1997") == (
        "month_of_year",
        "quarter",
        "the_year",
    )
    assert by_month["1", "Q1", "1997"]["store_sales"] == Decimal("45539.69")
    assert len(by_month) == 12


def test_sale_lines_are_no_aggregate(small: Foodmart) -> None:
    with pytest.raises(ValueError, match="two rows"):
        truth.aggregate(small, SALES[0])


def test_the_parsed_form_is_made_once(tmp_path: Path) -> None:
    jar = small_jar(tmp_path)
    made = Foodmart.open(jar, tmp_path / "cache").path
    first = made.stat().st_ino
    assert Foodmart.open(jar, tmp_path / "cache").path.stat().st_ino == first


def test_a_jar_that_cannot_be_read_leaves_no_parsed_form(tmp_path: Path) -> None:
    import zipfile

    jar = tmp_path / "broken.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(
            "foodmart.script", 'SET SCHEMA "foodmart"\nINSERT INTO "store" VALUES(1)\n'
        )
    with pytest.raises(MalformedScript):
        Foodmart.open(jar, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_files_hold_every_row_under_foodmarts_names(foodmart: Foodmart, tmp_path: Path) -> None:
    files = {file.dataset: file.path for file in sample_files(foodmart, tmp_path)}
    counts = {dataset: len(_records(path)) for dataset, path in files.items()}
    assert counts == {
        "customers": 10_281,
        "dates": 730,
        "product_classes": 110,
        "products": 1_560,
        "promotions": 1_864,
        "regions": 110,
        "stores": 25,
    }
    store = _records(files["stores"])[1]
    assert store["store_city"] == "Acapulco"
    assert store["first_opened_date"] == "1982-01-09"
    assert store["coffee_bar"] == "false"
    assert b'"cost": 14435.0000' in gzip.decompress(files["promotions"].read_bytes())


def test_the_same_data_gives_the_same_bytes(foodmart: Foodmart, tmp_path: Path) -> None:
    first = [file.path.read_bytes() for file in sample_files(foodmart, tmp_path / "a")]
    again = [file.path.read_bytes() for file in sample_files(foodmart, tmp_path / "b")]
    assert first == again


def _records(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    if ".csv" in path.name:
        return list(csv.DictReader(text.splitlines()))
    return [json.loads(line) for line in text.splitlines()]
