"""`up` ends with rows of a person's own, where no summary model tells of them."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console

from cli.glimpses import glimpses, untold
from cli.up import _next
from dataplatform.adapters.iceberg import tables
from dataplatform.ledger.records import ModelState, Totals
from dataplatform.plans.model import Column, PlatformPlan, SummaryModel
from tests.unit.support.plans import dataset, model, platform

COLUMNS = (
    Column(name="id", type="int"),
    Column(name="email", type="string", classification="pii"),
    Column(name="city", type="string"),
    Column(name="note", type="string"),
)
OWN = replace(dataset("returns"), domain="own", columns=COLUMNS)
SAMPLE = dataset("sales")
TOLD = model("agg_sales", "sales")
SUMMARY = SummaryModel(name="s", title="Sales", sql="SELECT 1 FROM gold.AGG_SALES AS a")


class Ledger:
    """Three rows of everything, but of what is named."""

    def __init__(self, *empty: str) -> None:
        self._empty = empty

    def totals(self, name: str) -> Totals:
        return Totals(dataset=name, live=0 if name in self._empty else 3)

    def model(self, name: str) -> ModelState:
        loaded = 0 if name in self._empty else 3
        return ModelState(
            model=name, run_id="r", sequences={}, snapshot=1, rows=3, digest="d", loaded_rows=loaded
        )


class Lake:
    """Tables, as far as a scan goes; it notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def open(self, name: str) -> Lake:
        self.name = name
        return self

    def scan(self, **asked: Any) -> Lake:
        self.asked.append((self.name, asked))
        return self

    def to_arrow(self) -> pa.Table:
        row = {"note": "n" * 30, "city": "Vigo", "id": 7}
        return pa.Table.from_pylist([row] * 3)


class Warehouse:
    """Answers each query with two rows."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def query(self, sql: str) -> list[dict[str, Any]]:
        self.asked.append(sql)
        return [{"id": 1}, {"id": 2}]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    found = Lake()
    monkeypatch.setattr(tables, "open_table", found.open)
    return found


def of(plan: PlatformPlan, *empty: str) -> Any:
    return SimpleNamespace(plan=plan, ledger=Ledger(*empty), warehouse=Warehouse())


def told(target: Any, width: int = 80) -> list[str]:
    console = Console(file=StringIO(), width=width, color_system=None)
    titles = []
    for table in glimpses(target, width):
        titles.append(str(table.title))
        table.title = None
        console.print(table)
    assert isinstance(console.file, StringIO)
    rows = console.file.getvalue().splitlines()
    assert all(len(row) <= width for row in rows)
    return [*titles, *(" ".join(row.split()) for row in rows)]


def with_summary(*datasets: Any, models: Any = ()) -> PlatformPlan:
    plan = platform((SAMPLE, *datasets), (TOLD, *models))
    return replace(plan, summaries=(SUMMARY,))


def test_what_a_summary_tells_of_isnt_shown_again(lake: Lake) -> None:
    assert told(of(with_summary())) == []
    assert untold(with_summary(OWN)) == ["own"]


def test_without_gold_rows_of_silver_are_shown_but_nothing_classified(lake: Lake) -> None:
    assert told(of(with_summary(OWN))) == [
        "silver.returns, from the lake: 3 of 3 rows, 3 of 4 columns",
        "id city note",
        *["7 Vigo " + "n" * 30] * 3,
    ]
    assert lake.asked == [
        (OWN.silver_table, {"selected_fields": ("id", "city", "note"), "limit": 5})
    ]


def test_a_narrow_terminal_gets_the_columns_that_fit(lake: Lake) -> None:
    assert told(of(with_summary(OWN)), 40)[:2] == [
        "silver.returns, from the lake: 3 of 3 rows, 2 of 4 columns",
        "id city",
    ]


def test_with_gold_rows_of_the_warehouse_are_shown(lake: Lake) -> None:
    own = replace(model("agg_returns", "returns"), domain="own", columns=COLUMNS[:2])
    target = of(with_summary(OWN, models=(own,)))
    assert told(target)[0] == "gold.agg_returns, from the warehouse: 2 of 3 rows, 1 of 2 columns"
    assert target.warehouse.asked == ['SELECT "id" FROM gold.agg_returns ORDER BY "id" LIMIT 5']
    assert next(_next(target)) == './weir sql "select * from gold.agg_returns limit 5"'


def test_what_there_is_to_try_is_there() -> None:
    target: Any = SimpleNamespace(plan=platform((dataset("returns"),)))
    lake, *_ = _next(target)
    assert lake == './weir sql --on lake "select * from silver.returns limit 5"'
    target.plan = platform(())
    assert next(_next(target)).startswith("./weir new dataset")


def test_what_has_no_rows_isnt_shown(lake: Lake) -> None:
    own = replace(model("agg_returns", "returns"), domain="own", columns=COLUMNS)
    plan = with_summary(OWN, models=(own,))
    assert told(of(plan, "agg_returns"))[0].startswith("silver.returns")
    assert told(of(plan, "agg_returns", "returns")) == []
    assert told(of(platform(()))) == []
