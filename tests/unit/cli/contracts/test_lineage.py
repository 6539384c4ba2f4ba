"""Who reads a dataset's columns, as the command line says it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.contracts import lineage as verb
from tests.unit.support.contracts import ORDERS, project

Weir = Callable[..., tuple[int, str, str]]
DIM = "-- key: order_id\nSELECT order_id, UPPER(state) AS s FROM silver.orders WHERE amount > 1"
ABOVE = "-- key: s\nSELECT s, COUNT(*) AS n FROM gold.dim GROUP BY s"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "contracts/shop/orders.odcs.yaml": ORDERS,
        "models/shop/gold/dim.sql": DIM,
        "models/shop/gold/above.sql": ABOVE,
    }
    monkeypatch.setattr(verb, "ROOT", project(tmp_path, files))


def test_a_column_is_followed_through_models(weir: Weir) -> None:
    code, out, _ = weir("contracts", "lineage", "orders.state", "--json")
    assert code == 0
    assert json.loads(out)["columns"] == {
        "state": [{"model": "dim", "columns": ["s"]}, {"model": "above", "columns": ["s"]}]
    }


def test_a_dataset_shows_each_column_and_those_that_nobody_reads(weir: Weir) -> None:
    code, out, _ = weir("contracts", "lineage", "orders")
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert code == 0
    assert lines["amount"] == "gold.dim (which rows it has)"
    assert lines["email"] == "·"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("order", 'Did you mean "orders"?'),
        ("orders.stat", 'Did you mean "state"?'),
        ("zzz", "There are: orders"),
    ],
)
def test_what_is_not_there_is_told(weir: Weir, what: str, told: str) -> None:
    code, _, err = weir("contracts", "lineage", what)
    assert (code, told in err) == (2, True)
