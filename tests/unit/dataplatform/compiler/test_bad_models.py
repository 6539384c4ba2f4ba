"""Faults of gold models, each named with its line and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.compiler.platform import compile_platform
from dataplatform.errors import InvalidModel
from dataplatform.naming import Names
from tests.unit.support.contracts import ORDERS, project
from tests.unit.support.gold_models import DIM, compiled, refused

BAD = [
    ("SELECT order_id FROM silver.order", 2, "FROM", 'Did you mean "silver.orders"?'),
    ("SELECT order_id FROM orders", 2, "FROM", 'Did you mean "silver.orders"?'),
    ("SELECT order_id FROM gold.nothing_alike", 2, "FROM", "There are: silver.carts"),
    ("SELECT order_id,\n stat FROM silver.orders", 3, "stat", 'Did you mean "state"?'),
    ("SELECT o.order_id,\n o.stat FROM silver.orders o", 3, "o.stat", 'Did you mean "state"?'),
    ("SELECT p.order_id FROM silver.orders o", 2, "p.order_id", 'no table "p"'),
    ("SELECT order_id FROM silver.orders o\nJOIN silver.carts c ON o.state = c.state", 2,
     "order_id", "Write o.order_id or c.order_id."),
    ("SELECT * FROM silver.orders", None, "SELECT *", "each column by name"),
    ("SELECT order_id, CONCAT(state, 'x')\nFROM silver.orders", 2,
     "CONCAT(state, 'x')", "AS <name>"),
    ("SELECT order_id, state AS order_id FROM silver.orders", 2, "order_id", "each name once"),
    ("SELECT order_id, state AS State FROM silver.orders", 2, "State", "lower-case"),
    ("SELECT state FROM silver.orders", 1, "key", "a column of the SELECT: state"),
    ("SELECT order_id FROM", 2, "(sql)", "a Spark SELECT"),
    ("SELECT 1; SELECT 2", None, "(sql)", "one SELECT"),
    ("DROP TABLE silver.orders", None, "(sql)", "one SELECT"),
    ("", None, "(sql)", "one SELECT"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "line", "field", "told"), BAD)
def test_a_fault_is_named_with_its_line_and_remedy(
    tmp_path: Path, sql: str, line: int | None, field: str, told: str
) -> None:
    (problem,) = refused(tmp_path, m=f"-- key: order_id\n{sql}")
    assert problem.file == "models/shop/gold/m.sql"
    assert (problem.line, problem.field) == (line, field)
    assert told in str(problem)


def test_faults_of_all_models_are_told_together_and_once(tmp_path: Path) -> None:
    problems = refused(
        tmp_path,
        a="-- key: order_id\nSELECT order_id FROM gold.b",
        b="-- key: order_id\nSELECT order_ids FROM silver.orders",
        c="SELECT order_id, state + 1 AS s FROM silver.orders",
    )
    assert [(Path(p.file).stem, p.field) for p in problems] == [
        ("b", "order_ids"),
        ("c", "key"),
        ("c", "s"),
    ]


def test_a_circle_is_shown(tmp_path: Path) -> None:
    above = "-- key: order_id\nSELECT order_id FROM gold.{}"
    (problem,) = refused(tmp_path, a=above.format("b"), b=above.format("a"))
    assert problem.found in ("a -> b -> a", "b -> a -> b")


def test_an_unknown_header_is_not_passed_over(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, m=f"-- incremental: orders\n-- partitions: state\n{DIM}")
    assert (problem.line, problem.remedy) == (2, 'Did you mean "partition"?')


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    project(tmp_path, {"models/other/gold/m.sql": DIM})
    problems = refused(tmp_path, m=DIM)
    assert any("models/other/gold/m.sql" in str(problem) for problem in problems)


INCREMENTAL = [
    ("SELECT order_id, COUNT(*) AS n FROM silver.orders GROUP BY order_id", "mixes rows"),
    ("SELECT DISTINCT order_id FROM silver.orders", "mixes rows"),
    ("SELECT order_id, ROW_NUMBER() OVER (ORDER BY state) AS n FROM silver.orders", "mixes rows"),
    ("SELECT order_id FROM silver.orders LIMIT 5", "mixes rows"),
    ("SELECT order_id FROM silver.orders UNION ALL SELECT order_id FROM silver.carts",
     "mixes rows"),
    ("SELECT c.order_id FROM silver.carts c LEFT JOIN silver.orders o USING (order_id)",
     "not as the first table"),
    ("SELECT c.order_id FROM silver.orders o RIGHT JOIN silver.carts c USING (order_id)",
     "not as the first table"),
    ("SELECT o.order_id FROM silver.orders o JOIN silver.orders p ON o.order_id = p.order_id",
     "not as the first table"),
    ("SELECT order_id FROM silver.carts", "a silver dataset of this SELECT"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "told"), INCREMENTAL)
def test_a_model_that_changed_rows_alone_cannot_give_is_not_incremental(
    tmp_path: Path, sql: str, told: str
) -> None:
    problems = refused(tmp_path, m=f"-- key: order_id\n-- incremental: orders\n{sql}")
    assert any(told in str(problem) for problem in problems), problems


@pytest.mark.parametrize(
    ("expression", "cast"),
    [
        ("DATE_FORMAT(changed_at, 'HH')", "AS STRING)"),
        ("YEAR(changed_at)", "AS INT)"),
        ("SUM(amount)", "AS DECIMAL(20,4))"),
    ],
)
def test_a_cast_that_fits_is_offered_and_the_column_is_told_once(
    tmp_path: Path, expression: str, cast: str
) -> None:
    sql = f"-- key: x\nSELECT {expression} AS x\nFROM silver.orders AS o"
    (problem,) = refused(tmp_path, m=sql)
    assert (problem.line, problem.field) == (2, "x")
    assert cast in problem.remedy


UNREADABLE = [
    (b"-- key: order_id\nSELECT 'x FROM silver.orders", 2, "' that never closes"),
    (b"-- key: order_id\nSELECT order_id /* x FROM silver.orders", None, "a comment that never"),
    (b"-- key: order_id\nSELECT order_id FROM", 2, "got the end"),
    (b"-- key: order_id\nSELECT order_id +", 2, "missing for Add"),
    (b"-- key: order_id\nSELECT order_id\0 FROM silver.orders", 2, "a NUL character"),
    ("-- key: order_id\nSELECT 'é'".encode("latin-1"), None, "Save it as UTF-8."),
    (b"-- key: order_id, order_id\nSELECT order_id FROM silver.orders", 1, '"order_id", twice'),
    (b"-- key: order_id\n-- key: state\nSELECT order_id, state FROM silver.orders", 2,
     "after line 1; expected one line"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "line", "told"), UNREADABLE)
def test_what_cannot_be_read_is_told_in_words_of_the_file(
    tmp_path: Path, content: bytes, line: int | None, told: str
) -> None:
    project(tmp_path, {"contracts/shop/orders.odcs.yaml": ORDERS, "models/shop/gold/m.sql": ""})
    (tmp_path / "models/shop/gold/m.sql").write_bytes(content)
    with pytest.raises(InvalidModel) as caught:
        compile_platform(tmp_path, Names("dev"))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("models/shop/gold/m.sql", line)
    assert told in str(problem)
    assert not {"<class", "<Token", "tokenizing"} & set(str(problem).split())


@pytest.mark.parametrize(
    ("function", "times", "told"),
    [
        ("UPPER(", 30, "functions within fewer others"),  # each writes its argument three times
        ("(", 3_000, "nested too deeply"),
    ],
)
def test_terms_within_terms_have_an_end(
    tmp_path: Path, function: str, times: int, told: str
) -> None:
    within = function * times + "o.state" + ")" * times
    sql = f"-- key: order_id\nSELECT o.order_id, {within} AS s FROM silver.orders AS o"
    (problem,) = refused(tmp_path, m=sql)
    assert told in str(problem)
    assert problem.remedy


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT state,\n order_id, COUNT(*) AS n FROM silver.orders GROUP BY state", "order_id"),
        ("SELECT state,\n COUNT(*) AS n FROM silver.orders", "state"),
        ("SELECT g.state,\n g.n FROM (SELECT state, order_id, COUNT(*) AS n\nFROM silver.orders "
         "GROUP BY state) AS g", "order_id"),
    ],
)  # fmt: skip
def test_a_column_beside_aggregates_is_grouped_by(tmp_path: Path, sql: str, column: str) -> None:
    """Engines would say so in the first run."""
    (problem,) = refused(tmp_path, m=f"-- key: state\n{sql}")
    assert problem.field == column
    assert "GROUP BY" in problem.expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT UPPER(state) AS state, COUNT(*) AS n FROM silver.orders GROUP BY UPPER(state)",
        "SELECT state AS state, MAX(order_id) AS n FROM silver.orders GROUP BY 1",
        "SELECT o.state, 1 AS n FROM silver.orders AS o GROUP BY o.state HAVING COUNT(*) > 1",
        "SELECT state, (SELECT MAX(order_id) FROM silver.carts) AS n FROM silver.orders",
    ],
)
def test_a_column_that_is_grouped_by_is_none_beside_aggregates(tmp_path: Path, sql: str) -> None:
    try:
        compiled(tmp_path, m=f"-- key: state\n{sql}")
    except InvalidModel as error:
        assert "beside aggregates" not in str(error)
