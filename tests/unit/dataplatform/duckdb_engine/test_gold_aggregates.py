"""Aggregates on DuckDB: new rows are added to what stands, as a first build would have it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dataplatform.gold.records import Counts
from tests.unit.support.golds import MODELS, TOTALS, GoldShop, plan_of

OPEN, CLOSED = ("open", "1.5"), ("closed", "2.5")


@pytest.fixture
def counted(gold_shop: GoldShop) -> GoldShop:
    gold_shop.publish("carts", {1: CLOSED})
    gold_shop.publish("orders", {1: OPEN, 2: OPEN, 3: (None, "4")})
    for name in MODELS:
        gold_shop.build(name)
    assert gold_shop.rows("totals") == [
        ("none", "none", Decimal("4.0000"), 1, Decimal("4.0000")),
        ("open", "closed", Decimal("1.5000"), 1, Decimal("1.5000")),
        ("open", "none", Decimal("1.5000"), 1, Decimal("1.5000")),
    ]
    return gold_shop


def whole(shop: GoldShop, root: Path) -> list[object]:
    """The rows that a first build of the same model gives."""
    plain = TOTALS.replace("-- incremental: fact\n", "")
    shop.deploy(plan_of(root, {**MODELS, "fresh": plain}))
    shop.build("fresh")
    return list(shop.rows("fresh"))


def test_new_rows_are_added_to_what_stands(counted: GoldShop, tmp_path: Path) -> None:
    counted.publish("orders", {5: ("open", "7"), 6: CLOSED})
    counted.build("fact")
    assert counted.build("totals") == Counts(1, 1, 0)
    assert counted.rows("totals") == [
        ("closed", "none", Decimal("2.5000"), 1, Decimal("2.5000")),
        ("none", "none", Decimal("4.0000"), 1, Decimal("4.0000")),
        ("open", "closed", Decimal("1.5000"), 1, Decimal("1.5000")),
        ("open", "none", Decimal("8.5000"), 2, Decimal("7.0000")),
    ]
    assert counted.rows("totals") == whole(counted, tmp_path / "whole")


def test_each_row_is_added_once_over_several_builds(counted: GoldShop, tmp_path: Path) -> None:
    for number in range(10, 14):
        counted.publish("orders", {number: ("open", str(number)), number + 50: CLOSED})
        counted.build("fact")
        if number % 2:
            counted.build("totals")
    assert counted.rows("totals") == whole(counted, tmp_path / "whole")


@pytest.mark.parametrize("what", ["updated", "deleted", "dimension"])
def test_what_is_no_new_row_makes_the_aggregate_whole(
    counted: GoldShop, tmp_path: Path, what: str
) -> None:
    if what == "updated":
        counted.publish("orders", {1: ("closed", "9")})
    elif what == "deleted":
        counted.publish("orders", {}, 3)
    else:
        counted.publish("carts", {2: CLOSED})
    for name in MODELS:
        counted.build(name)
    assert counted.rows("totals") == whole(counted, tmp_path / "whole")


def test_a_dataset_that_moved_without_a_change_in_gold_changes_nothing(counted: GoldShop) -> None:
    counted.publish("orders", {1: OPEN})
    assert counted.build("fact") == Counts(0, 0, 0)
    assert counted.build("totals") == Counts(0, 0, 0)
    assert counted.build("totals") is None
