"""Which engines a gold model is written for, and what only one of them answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.support.gold_models import DIM, compiled, model, refused

ONLY_SPARK = [
    ("rand()", "rand()"),
    ("email", "text as INT"),
    ("SUM(CAST(amount AS DOUBLE))", "SUM of double"),
    ("AVG(order_id)", "AVG of bigint"),
    ("email RLIKE '(?=a)'", "lookaround"),
    ("email LIKE state", "text written in the SQL"),
    ("SUBSTRING(email, -2)", "-2"),
    ("amount = email", "decimal(10,4) beside string"),
    ("changed_at > 'yesterday'", "'yesterday' as TIMESTAMP"),
    ("CAST(amount AS DECIMAL(30, 4)) * CAST(amount AS DECIMAL(30, 4))", "needs 61 digits"),
    ("ROUND(CAST(amount AS DOUBLE), 1)", "ROUND of double"),
    ("changed_at + INTERVAL 1 DAY", "interval()"),
    ("DATE_FORMAT(changed_at, 'HH')", "date_format()"),
]
ONLY_SPARKS_CLAUSES = [
    ("FROM silver.orders o GROUP BY CUBE (o.order_id)", "cube()"),
    ("FROM silver.orders o LATERAL VIEW explode(array(1)) t AS n", "LATERAL"),
    ("FROM silver.orders TABLESAMPLE (5 PERCENT) o", "SAMPLE"),
    ("FROM silver.orders o DISTRIBUTE BY o.order_id", "DISTRIBUTE"),
]


def test_both_engines_know_the_model_and_the_digest_is_of_neither(tmp_path: Path) -> None:
    chosen = [model(tmp_path / e, f"-- engine: {e}\n{DIM}") for e in ("auto", "duckdb")]
    assert [found.engine for found in chosen] == ["auto", "duckdb"]
    assert len({found.digest for found in chosen}) == 1
    assert all("FROM {silver.orders} AS" in found.duckdb.full_sql for found in chosen)


def test_changed_rows_stand_in_place_of_their_dataset(tmp_path: Path) -> None:
    sql = (
        "-- key: order_id\n-- incremental: orders\nSELECT o.order_id, d.state\n"
        "FROM silver.orders o LEFT JOIN gold.dim d ON o.order_id = d.order_id"
    )
    found = compiled(tmp_path, m=sql, dim=DIM).model("m").duckdb
    assert re.findall(r"\{.*?\}", found.sql) == ["{changed}", "{gold.dim}"]
    assert re.findall(r"\{.*?\}", found.full_sql) == ["{silver.orders}", "{gold.dim}"]


def test_a_model_of_sparks_alone_is_not_written_for_duckdb(tmp_path: Path) -> None:
    assert model(tmp_path, f"-- engine: spark\n{DIM}").duckdb.full_sql == ""


@pytest.mark.parametrize(("expression", "told"), ONLY_SPARK)
def test_what_only_spark_answers_is_refused_with_line_and_way_out(
    tmp_path: Path, expression: str, told: str
) -> None:
    sql = f"-- key: order_id\nSELECT order_id,\n  CAST({expression} AS INT) AS x\n{{}}"
    sql = sql.format("FROM silver.orders" + (" GROUP BY 1" if "(amount)" in expression else ""))
    (problem,) = refused(tmp_path / "auto", m=sql)
    assert problem.line == 3
    assert told in str(problem)
    assert "-- engine: spark" in problem.remedy
    assert model(tmp_path / "spark", f"-- engine: spark\n{sql}").columns[1].type == "int"


@pytest.mark.parametrize(("clause", "told"), ONLY_SPARKS_CLAUSES)
def test_a_clause_that_is_not_understood_is_not_left_out(
    tmp_path: Path, clause: str, told: str
) -> None:
    (problem,) = refused(tmp_path, m=f"-- key: order_id\nSELECT o.order_id {clause}")
    assert problem.found == told


def test_an_unknown_engine_is_refused_with_its_line(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, m=f"-- engine: sparc\n{DIM}")
    assert (problem.line, problem.remedy) == (1, 'Did you mean "spark"?')
