from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.compiler.platform import compile_platform
from dataplatform.errors import InvalidModel
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from tests.unit.support.contracts import ORDERS, project

DIM = "-- key: order_id\nSELECT o.order_id, o.state FROM silver.orders AS o\n"


def compiled(root: Path, sql: str) -> PlatformPlan:
    files = {
        "contracts/shop/orders.odcs.yaml": ORDERS,
        "models/shop/gold/dim.sql": DIM,
        "models/shop/summary/states.sql": sql,
    }
    return compile_platform(project(root, files), Names("dev"))


def test_a_summary_is_kept_as_written_without_its_comments(tmp_path: Path) -> None:
    sql = "-- title: Orders by state\nSELECT state, COUNT(*) AS n\nFROM gold.dim GROUP BY 1;\n"
    (summary,) = compiled(tmp_path, sql).summaries
    assert (summary.name, summary.title) == ("states", "Orders by state")
    assert summary.sql == "SELECT state, COUNT(*) AS n\nFROM gold.dim GROUP BY 1"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT state FROM gold.dim", "-- title: ..."),
        ("-- title: t\nSELECT stat FROM gold.dim", 'Did you mean "state"?'),
        ("-- title: t\nSELECT state FROM silver.orders", "a table of gold.*"),
        ("-- title: t\nDELETE FROM gold.dim", "one SELECT"),
    ],
)
def test_a_summary_that_the_warehouse_could_not_answer_is_refused(
    tmp_path: Path, sql: str, told: str
) -> None:
    with pytest.raises(InvalidModel) as caught:
        compiled(tmp_path, sql)
    assert told in str(caught.value)
