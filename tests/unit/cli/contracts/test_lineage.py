"""Who reads a dataset's columns, as the command line says it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from cli.contracts import lineage as verb
from cli.contracts.lineage_layout import picture
from cli.contracts.lineage_page import lineage_page
from cli.wrapper import ROOT
from dataplatform.compiler.lineage import Lineage
from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from tests.unit.support.contracts import ORDERS, project
from tests.unit.support.plans import dataset, platform

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
        "state": [
            {"model": "dim", "columns": ["s"], "key": []},
            {"model": "above", "columns": ["s"], "key": ["s"]},
        ]
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


def test_without_a_dataset_all_are_shown(weir: Weir) -> None:
    code, out, _ = weir("contracts", "lineage", "--json")
    (found,) = json.loads(out)["datasets"].items()
    assert (code, found[0], found[1]["email"]) == (0, "orders", [])
    assert weir("contracts", "lineage")[1].splitlines()[0] == "orders"


def test_the_page_draws_each_column_and_what_joins_them(weir: Weir, tmp_path: Path) -> None:
    page = tmp_path / "lineage.html"
    code, out, _ = weir("contracts", "lineage", "orders.state", "--html", str(page))
    assert code == 0
    assert out.splitlines()[-1] == f" Written: {page}#silver.orders.state"
    text = page.read_text()
    joined = set(re.findall(r"<path class='([a-z ]+)' data-from='([^']+)' data-to='([^']+)'", text))
    assert joined == {
        ("column", "silver.orders.order_id", "gold.dim.order_id"),
        ("column", "silver.orders.state", "gold.dim.s"),
        ("column rows", "silver.orders.amount", "gold.dim"),
        ("column", "gold.dim.s", "gold.above.s"),
    }
    assert {name for _, *ends in joined for name in ends} <= set(
        re.findall(r"data-name='([^']+)'", text)
    ), "what a line leads to is there"
    assert text.count("class='row unread'") == 2, "email and changed_at"
    assert "<td><code>n</code></td><td><i>no column</i></td>" in text
    assert "http://" not in text and "https://" not in text


def test_what_is_read_stands_left_of_what_reads_it_and_no_box_on_another() -> None:
    plan = compile_platform(ROOT, Names("dev"))
    drawn = picture(plan, Lineage(plan).made())
    assert set(drawn.boxes) == {
        *(f"silver.{each.dataset}" for each in plan.datasets),
        *(f"gold.{each.name}" for each in plan.models),
    }
    for edge in drawn.edges:
        left, right = drawn.boxes[edge.source[0]], drawn.boxes[edge.target[0]]
        assert left.x + left.width < right.x
    for one, other in combinations(drawn.boxes.values(), 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    width, height = drawn.size
    assert all(box.x + box.width <= width for box in drawn.boxes.values())
    assert all(box.y + box.height <= height for box in drawn.boxes.values())


def test_a_project_without_models_has_a_page_all_the_same() -> None:
    text = lineage_page(platform((dataset("<orders>"),)), ())
    assert "There is no gold model yet." in text
    assert "silver.&lt;orders&gt;" in text and "<orders>" not in text
