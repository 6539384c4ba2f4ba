"""The types of a gold model's columns: certain, or asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.support.gold_models import model, refused

TYPES = {
    "order_id": "bigint",
    "CAST(SUM(amount) AS DECIMAL(38, 4))": "decimal(38,4)",
    "COUNT(*)": "bigint",
    "MAX(amount)": "decimal(10,4)",
    "COALESCE(state, 'none')": "string",
    "CASE WHEN amount > 1 THEN state END": "string",
    "CASE WHEN amount > 1 THEN changed_at ELSE NULL END": "timestamp",
    "IF(amount > 1, 1, 2)": "int",
    "amount BETWEEN 1 AND 2": "boolean",
    "state IS NULL AND NOT email LIKE 'x%'": "boolean",
    "CONCAT(state, email)": "string",
    "(changed_at)": "timestamp",
    "CAST(changed_at AS DATE)": "date",
    "TO_DATE(changed_at)": "date",
    "TRUNC(CAST(changed_at AS DATE), 'MM')": "date",
    "LAST_DAY(ADD_MONTHS(CAST(changed_at AS DATE), 1))": "date",
    "DATE_TRUNC('HOUR', changed_at)": "timestamp",
    "LEFT(state, 2)": "string",
    "ROW_NUMBER() OVER (ORDER BY order_id)": "int",
    "SUM(amount)": None,
    "amount * 2": None,
    "amount / 2": None,
    "YEAR(changed_at)": None,
    "COALESCE(amount, 0)": None,
    "NULL": None,
    "CAST(amount AS FLOAT)": None,
    "3000000000": None,
}


@pytest.mark.parametrize(("expression", "kind"), TYPES.items())
def test_a_type_is_certain_or_asked_for(tmp_path: Path, expression: str, kind: str | None) -> None:
    group = "GROUP BY order_id" if re.search(r"\b(SUM|COUNT|MAX)\(", expression) else ""
    sql = f"-- key: order_id\nSELECT order_id,\n  {expression} AS x\nFROM silver.orders {group}"
    if kind:
        assert model(tmp_path, sql).columns[1].type == kind
    else:
        (problem,) = refused(tmp_path, m=sql)
        assert (problem.field, problem.expected) == ("x", "a CAST")
        assert "Write CAST(" in problem.remedy


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("SIZE(SPLIT(state, ','))", "INT"),
        ("CURRENT_TIMESTAMP()", "TIMESTAMP"),
        ("CURRENT_DATE()", "DATE"),
        ("YEAR(changed_at)", "INT"),
        ("SUM(amount)", "DECIMAL(20,4)"),
    ],
)
def test_the_cast_that_is_offered_is_of_the_likely_type(
    tmp_path: Path, expression: str, kind: str
) -> None:
    sql = f"-- key: order_id\nSELECT order_id,\n  {expression} AS x\nFROM silver.orders"
    (problem,) = refused(tmp_path, m=sql)
    assert f" AS {kind})" in problem.remedy


def test_a_union_has_a_type_where_its_sides_agree(tmp_path: Path) -> None:
    sql = (
        "-- key: order_id\nSELECT order_id, state FROM silver.orders UNION ALL "
        "SELECT order_id, {} FROM silver.carts"
    )
    assert model(tmp_path / "a", sql.format("email")).columns[1].classification == "pii"
    (problem,) = refused(tmp_path / "b", m=sql.format("amount"))
    assert problem.field == "state"
