from __future__ import annotations

import re
from pathlib import Path

import pytest

from dataplatform.compiler.platform import compile_platform
from dataplatform.errors import InvalidModel, Problem
from dataplatform.naming import Names
from dataplatform.plans.model import GoldModel, PlatformPlan
from tests.unit.support.contracts import ORDERS, named, project

CARTS = named("carts")
DIM = "-- key: order_id\nSELECT o.order_id, o.state FROM silver.orders AS o\n"


def compiled(root: Path, **models: str) -> PlatformPlan:
    """The plan of two equal datasets, orders and carts, and these gold models."""
    files = {f"models/shop/gold/{name}.sql": sql for name, sql in models.items()}
    files["contracts/shop/orders.odcs.yaml"] = ORDERS
    files["contracts/shop/carts.odcs.yaml"] = CARTS
    return compile_platform(project(root, files), Names("dev"))


def model(root: Path, sql: str) -> GoldModel:
    return compiled(root, m=sql).model("m")


def refused(root: Path, **models: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidModel) as caught:
        compiled(root, **models)
    return caught.value.problems


class TestGoodModels:
    def test_names_are_qualified_for_the_stage(self, tmp_path: Path) -> None:
        found = model(tmp_path, DIM)
        assert found.table == "weir_dev_gold.m"
        assert "FROM glue_catalog.weir_dev_silver.orders AS o" in found.full_sql
        assert found.sql == found.full_sql
        assert found.key == ("order_id",)
        assert found.datasets == ("orders",)

    def test_columns_inherit_type_length_and_classification(self, tmp_path: Path) -> None:
        sql = "-- key: id\nSELECT o.order_id AS id, o.email, o.amount FROM silver.orders AS o"
        by_name = {column.name: column for column in model(tmp_path, sql).columns}
        assert by_name["id"].type == "bigint"
        assert by_name["id"].required
        assert (by_name["email"].max_length, by_name["email"].classification) == (50, "pii")
        assert by_name["amount"].type == "decimal(10,4)"

    def test_what_is_made_from_pii_is_pii_unless_it_is_a_count(self, tmp_path: Path) -> None:
        sql = (
            "-- key: state\nWITH x AS (SELECT state, email AS e FROM silver.orders)\n"
            "SELECT state, MIN(UPPER(x.e)) AS first_email, COUNT(DISTINCT x.e) AS people\n"
            "FROM x GROUP BY state"
        )
        by_name = {column.name: column for column in model(tmp_path, sql).columns}
        assert by_name["first_email"].classification == "pii"
        assert by_name["people"].classification == ""

    def test_models_are_built_after_those_that_they_read(self, tmp_path: Path) -> None:
        above = "-- key: order_id\nSELECT order_id FROM gold.{}"
        plan = compiled(tmp_path, a=above.format("b"), b=above.format("c"), c=DIM)
        assert [found.name for found in plan.models] == ["c", "b", "a"]
        assert plan.model("a").models == ("b",)
        assert plan.model("a").datasets == ("orders",)

    def test_an_incremental_model_reads_changed_rows_in_place_of_its_dataset(
        self, tmp_path: Path
    ) -> None:
        sql = (
            "-- key: order_id\n-- incremental: orders\nSELECT o.order_id, c.state\n"
            "FROM silver.orders o LEFT JOIN silver.carts c ON o.order_id = c.order_id"
        )
        found = model(tmp_path, sql)
        assert "FROM {changed} AS o" in found.sql
        assert "glue_catalog.weir_dev_silver.carts AS c" in found.sql
        assert "glue_catalog.weir_dev_silver.orders AS o" in found.full_sql

    def test_system_columns_of_silver_can_be_read(self, tmp_path: Path) -> None:
        sql = "-- key: order_id\nSELECT order_id, _loaded_at AS loaded_at FROM silver.orders"
        assert model(tmp_path, sql).columns[1].type == "timestamp"

    def test_the_digest_follows_meaning_and_what_lies_below(self, tmp_path: Path) -> None:
        above = "-- key: order_id\nSELECT order_id FROM gold.dim"
        plans = [
            compiled(tmp_path / name, dim=dim, above=above)
            for name, dim in (
                ("a", DIM),
                ("b", f"-- description: other words\n{DIM}"),
                ("c", f"{DIM}WHERE o.state = 'open'"),
            )
        ]
        first, reworded, narrowed = (plan.model("above").digest for plan in plans)
        assert first == reworded
        assert first != narrowed

    def test_the_warehouse_gets_the_same_columns(self, tmp_path: Path) -> None:
        found = model(tmp_path, f"-- partition: state\n{DIM}")
        assert found.partition_by == ("state",)
        assert '"order_id" BIGINT NOT NULL' in found.warehouse.create


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
]
ONLY_SPARKS_CLAUSES = [
    ("FROM silver.orders o GROUP BY CUBE (o.order_id)", "cube"),
    ("FROM silver.orders o LATERAL VIEW explode(array(1)) t AS n", "LATERAL"),
    ("FROM silver.orders TABLESAMPLE (5 PERCENT) o", "SAMPLE"),
    ("FROM silver.orders o DISTRIBUTE BY o.order_id", "DISTRIBUTE"),
]


class TestEngines:
    def test_both_engines_know_the_model_and_the_digest_is_of_neither(self, tmp_path: Path) -> None:
        chosen = [model(tmp_path / e, f"-- engine: {e}\n{DIM}") for e in ("auto", "duckdb")]
        assert [found.engine for found in chosen] == ["auto", "duckdb"]
        assert len({found.digest for found in chosen}) == 1
        assert all("FROM {silver.orders} AS" in found.duckdb.full_sql for found in chosen)

    def test_changed_rows_stand_in_place_of_their_dataset(self, tmp_path: Path) -> None:
        sql = (
            "-- key: order_id\n-- incremental: orders\nSELECT o.order_id, d.state\n"
            "FROM silver.orders o LEFT JOIN gold.dim d ON o.order_id = d.order_id"
        )
        found = compiled(tmp_path, m=sql, dim=DIM).model("m").duckdb
        assert re.findall(r"\{.*?\}", found.sql) == ["{changed}", "{gold.dim}"]
        assert re.findall(r"\{.*?\}", found.full_sql) == ["{silver.orders}", "{gold.dim}"]

    def test_a_model_of_sparks_alone_is_not_written_for_duckdb(self, tmp_path: Path) -> None:
        assert model(tmp_path, f"-- engine: spark\n{DIM}").duckdb.full_sql == ""

    @pytest.mark.parametrize(("expression", "told"), ONLY_SPARK)
    def test_what_only_spark_answers_is_refused_with_line_and_way_out(
        self, tmp_path: Path, expression: str, told: str
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
        self, tmp_path: Path, clause: str, told: str
    ) -> None:
        (problem,) = refused(tmp_path, m=f"-- key: order_id\nSELECT o.order_id {clause}")
        assert told in problem.found

    def test_an_unknown_engine_is_refused_with_its_line(self, tmp_path: Path) -> None:
        (problem,) = refused(tmp_path, m=f"-- engine: sparc\n{DIM}")
        assert (problem.line, problem.remedy) == (1, 'Did you mean "spark"?')


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


class TestTypes:
    @pytest.mark.parametrize(("expression", "kind"), TYPES.items())
    def test_a_type_is_certain_or_asked_for(
        self, tmp_path: Path, expression: str, kind: str | None
    ) -> None:
        sql = f"-- key: order_id\nSELECT order_id,\n  {expression} AS x\nFROM silver.orders"
        if kind:
            assert model(tmp_path, sql).columns[1].type == kind
        else:
            (problem,) = refused(tmp_path, m=sql)
            assert (problem.field, problem.expected) == ("x", "a CAST")
            assert "Write CAST(" in problem.remedy

    def test_a_union_has_a_type_where_its_sides_agree(self, tmp_path: Path) -> None:
        sql = (
            "-- key: order_id\nSELECT order_id, state FROM silver.orders UNION ALL "
            "SELECT order_id, {} FROM silver.carts"
        )
        assert model(tmp_path / "a", sql.format("email")).columns[1].classification == "pii"
        (problem,) = refused(tmp_path / "b", m=sql.format("amount"))
        assert problem.field == "state"


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


class TestBadModels:
    @pytest.mark.parametrize(("sql", "line", "field", "told"), BAD)
    def test_a_fault_is_named_with_its_line_and_remedy(
        self, tmp_path: Path, sql: str, line: int | None, field: str, told: str
    ) -> None:
        (problem,) = refused(tmp_path, m=f"-- key: order_id\n{sql}")
        assert problem.file == "models/shop/gold/m.sql"
        assert (problem.line, problem.field) == (line, field)
        assert told in str(problem)

    def test_faults_of_all_models_are_told_together_and_once(self, tmp_path: Path) -> None:
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

    def test_a_circle_is_shown(self, tmp_path: Path) -> None:
        above = "-- key: order_id\nSELECT order_id FROM gold.{}"
        (problem,) = refused(tmp_path, a=above.format("b"), b=above.format("a"))
        assert problem.found in ("a -> b -> a", "b -> a -> b")

    def test_an_unknown_header_is_not_passed_over(self, tmp_path: Path) -> None:
        (problem,) = refused(tmp_path, m=f"-- incremental: orders\n-- partitions: state\n{DIM}")
        assert (problem.line, problem.remedy) == (2, 'Did you mean "partition"?')

    def test_two_models_of_one_name_are_refused(self, tmp_path: Path) -> None:
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
