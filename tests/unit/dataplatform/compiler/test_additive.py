"""Which aggregates may be added up, and what is said of those that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.errors import InvalidModel, Problem
from dataplatform.plans.model import GoldModel
from tests.unit.support.golds import DIM, FACT, TOTALS, plan_of


def totals(root: Path, sql: str = TOTALS) -> GoldModel:
    return plan_of(root, {"dim": DIM, "fact": FACT, "totals": sql}).model("totals")


def aggregate(selected: str, rest: str = "FROM gold.fact AS f GROUP BY f.state") -> str:
    return f"-- key: state\n-- incremental: fact\nSELECT f.state, {selected}\n{rest}"


def refused(root: Path, sql: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidModel) as caught:
        totals(root, sql)
    return caught.value.problems


def test_new_rows_stand_in_place_of_the_model_and_are_joined_to_what_stands(
    tmp_path: Path,
) -> None:
    found = totals(tmp_path)
    assert found.incremental == "gold.fact"
    for sql, old in (
        (found.sql, "glue_catalog.weir_dev_gold.totals"),
        (found.duckdb.sql, "{gold.totals}"),
    ):
        assert sql.count("{changed}") == 1
        assert sql.count(old) == 1
    for sql in (found.full_sql, found.duckdb.full_sql):
        assert "{changed}" not in sql
        assert "weir_old" not in sql


def test_being_incremental_changes_no_meaning(tmp_path: Path) -> None:
    whole = totals(tmp_path / "whole", TOTALS.replace("-- incremental: fact\n", ""))
    assert whole.incremental == ""
    assert whole.digest == totals(tmp_path / "part").digest


@pytest.mark.parametrize(
    "selected",
    ["COUNT(f.amount) AS n", "MIN(f.amount) AS n", "CAST(SUM(f.order_id) AS BIGINT) AS n"],
)
def test_what_can_be_added_up_exactly_may(tmp_path: Path, selected: str) -> None:
    assert "weir_old" in totals(tmp_path, aggregate(selected)).sql


@pytest.mark.parametrize(
    ("selected", "said"),
    [
        ("COUNT(DISTINCT f.amount) AS n", "SUM, COUNT, MIN or MAX"),
        ("CAST(AVG(f.amount) AS DECIMAL(20,4)) AS n", "SUM, COUNT, MIN or MAX"),
        ("COALESCE(MAX(f.amount), MIN(f.amount)) AS n", "SUM, COUNT, MIN or MAX"),
        ("CAST(SUM(f.amount) AS DECIMAL(20,2)) AS n", "whole numbers or decimals"),
        ("CAST(SUM(f.amount) AS DOUBLE) AS n", "whole numbers or decimals"),
        ("CAST(SUM(f.amount / 3) AS DECIMAL(20,4)) AS n", "whole numbers or decimals"),
    ],
)
def test_what_may_round_or_look_back_is_refused(tmp_path: Path, selected: str, said: str) -> None:
    (problem,) = refused(tmp_path, aggregate(selected))
    assert (problem.field, problem.line) == ("incremental", 3)
    assert said in problem.expected
    assert "take out `-- incremental:`" in problem.remedy


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("FROM gold.fact AS f GROUP BY f.state, f.order_id", "a GROUP BY that isn't the key"),
        ("FROM gold.fact AS f GROUP BY f.state HAVING COUNT(*) > 1", "more than SELECT"),
        ("FROM gold.dim AS d JOIN gold.fact AS f USING (order_id) GROUP BY f.state", "first table"),
        ("FROM gold.fact AS f RIGHT JOIN gold.dim AS d USING (order_id) GROUP BY f.state", "first"),
        ("FROM gold.fact AS f JOIN gold.fact AS g USING (order_id) GROUP BY f.state", "alone"),
        (
            "FROM gold.fact AS f JOIN silver.carts AS c USING (order_id) GROUP BY f.state",
            "silver.carts",
        ),
        (
            "FROM gold.fact AS f JOIN (SELECT order_id FROM gold.dim) AS d USING (order_id) "
            "GROUP BY f.state",
            "SUBQUERY",
        ),
    ],
)
def test_what_could_touch_rows_that_were_counted_is_refused(
    tmp_path: Path, rest: str, found: str
) -> None:
    problems = refused(tmp_path, aggregate("COUNT(*) AS n", rest))
    assert any(found in problem.found for problem in problems)
