from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.compiler.gates import gates_of, rule_problems
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.loader import load
from dataplatform.errors import InvalidContract, Problem
from dataplatform.naming import Names
from dataplatform.plans.model import Gate, PlatformPlan
from tests.unit.support.contracts import ORDERS, contract, line_of, project, spoiled


def with_rules(*rules: str) -> str:
    """The good contract with rules of its table."""
    listed = "".join(f"      - {rule}\n" for rule in rules)
    return spoiled(("    properties:\n", f"    quality:\n{listed}    properties:\n"))


def sql(query: str) -> str:
    return f'{{type: sql, mustBe: 0, query: "{query}"}}'


def gate(rule: str) -> Gate:
    (found,), problems = gates_of(contract(with_rules(rule)))
    assert not problems
    return found


def problem(query: str) -> Problem:
    (found,) = rule_problems(contract(with_rules(sql(query))))
    return found


def test_an_aggregate_is_asked_in_the_pass_with_all_others() -> None:
    found = gate(sql("SELECT SUM(amount) FROM ${object} WHERE state = 'open'"))
    assert not found.is_query
    assert found.spark == "SUM(amount) FILTER(WHERE state = 'open')"
    assert found.duckdb.startswith('CAST(sum("amount") FILTER (WHERE')


def test_a_condition_is_added_to_the_aggregates_own() -> None:
    found = gate(
        sql("SELECT COUNT(*) FILTER (WHERE amount > 1) - MAX(amount) FROM orders WHERE email = 'a'")
    )
    assert found.spark == (
        "COUNT(*) FILTER(WHERE amount > 1 AND email = 'a') - MAX(amount) FILTER(WHERE email = 'a')"
    )


def test_a_query_of_a_query_reads_the_records_itself() -> None:
    found = gate(sql("SELECT COUNT(*) FROM (SELECT state FROM orders GROUP BY state) AS g"))
    assert found.is_query
    assert "{records} AS orders" in found.spark
    assert '{records} AS "orders"' in found.duckdb


def test_truth_is_a_number() -> None:
    found = gate("{type: sql, mustBe: true, query: SELECT COUNT(*) > 3 FROM orders}")
    assert found.spark == "CAST(COUNT(*) > 3 AS INT)"
    assert found.bounds == ("1",)


def test_gates_are_named_by_column_and_metric_and_told_apart() -> None:
    text = with_rules(
        "{metric: rowCount, mustBeGreaterThan: 0}",
        "{metric: rowCount, mustBeLessThan: 9, severity: warning, description: Few.}",
        "{metric: duplicateValues, mustBeLessThan: 1.5, unit: percent,"
        " arguments: {properties: [email, state]}}",
    )
    found = gates_of(contract(text))[0]
    assert [(g.name, g.severity, g.description) for g in found] == [
        ("row_count", "error", "records"),
        ("row_count.2", "warning", "Few."),
        ("duplicate_values", "error", "repeated values of email and state"),
    ]


def test_a_plan_keeps_its_gates_and_warnings_in_json(tmp_path: Path) -> None:
    text = with_rules("{metric: rowCount, mustBeBetween: [1, 9]}")
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": text})
    plan = compile_platform(root, Names("dev"))
    assert plan.datasets[0].gates[0].bounds == ("1", "9")
    assert PlatformPlan.from_json(plan.to_json()) == plan


def test_a_record_that_breaks_a_warning_is_told_only_where_there_is_one(tmp_path: Path) -> None:
    warned = ORDERS + (
        "        quality:\n          - {metric: invalidValues, mustBe: 0, severity: warning,"
        " arguments: {validValues: ['2026-01-01']}}\n"
    )
    warned = warned.replace("logicalType: timestamp\n", "logicalType: date\n")
    for text, warns in ((warned, True), (ORDERS, False)):
        root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": text})
        (plan,) = compile_platform(root, Names("dev")).datasets
        assert plan.warns is warns
        for rendered in (plan.spark.typed, plan.duckdb.typed):
            assert ("_warnings" in rendered) is warns
            assert ("changed_at.one_of" in rendered) is warns


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", "near"),
        ("SELECT 'x", "that never closes"),
        ("SELECT COUNT(*) FROM orders WHERE", "near"),
        ("DROP TABLE orders", "DROP"),
        ("DELETE FROM orders", "DELETE"),
        ("INSERT INTO orders SELECT 1", "INSERT"),
        ("SELECT COUNT(*) FROM orders; SELECT 2", "SELECT, SELECT"),
        ("SELECT 1", "no table"),
        ("SELECT COUNT(*) FROM stores", 'the table "stores"'),
        ("SELECT COUNT(*) FROM silver.orders", 'the table "silver.orders"'),
        ("SELECT COUNT(*) FROM orders JOIN stores USING (x)", 'the table "stores"'),
        ("SELECT SUM(amout) FROM ${object}", 'Did you mean "amount"?'),
        ("SELECT AVG(x.amount) FROM orders AS o", 'no table "x"'),
        ("SELECT amount FROM orders", "a value for each record"),
        ("SELECT SUM(amount) OVER () FROM orders", "a value for each record"),
        ("SELECT COUNT(*), 1 FROM orders", "2 columns"),
        ("SELECT * FROM orders", "5 columns"),
        ("SELECT COUNT(*) FROM orders GROUP BY state", "any number of rows"),
        ("SELECT COUNT(*) FROM orders HAVING COUNT(*) > 1", "any number of rows"),
        ("SELECT COUNT(*) FROM orders UNION SELECT 1 FROM orders", "UNION"),
        ("SELECT COUNT(*) + amount FROM orders", "orders.amount in SELECT"),
        ("SELECT MAX(SUM(amount)) FROM orders", "SUM(orders.amount) in SELECT"),
        ("SELECT COUNT(*) FROM orders WHERE COUNT(*) > 1", "COUNT(*) in SELECT"),
        ("SELECT COUNT(*) FROM (SELECT amount, COUNT(*) AS n FROM orders GROUP BY state) AS g",
         "orders.amount in SELECT"),
        ("SELECT MAX(state) FROM orders", "a figure of type string"),
        ("SELECT MAX(changed_at) FROM orders", "a figure of type timestamp"),
        ("SELECT COUNT(*) FROM orders WHERE amount", "a boolean"),
        ("SELECT STDDEV(amount) FROM orders", "both engines"),
        ("SELECT COUNT(*) FROM orders WHERE changed_at > now()", "both engines"),
    ],
)  # fmt: skip
def test_sql_that_can_not_be_evaluated_is_refused_when_the_contract_is_checked(
    query: str, said: str
) -> None:
    found = problem(query)
    assert said in str(found)
    assert (found.file, found.field) == (
        "contracts/shop/orders.odcs.yaml",
        "schema.orders.quality[1].query",
    )
    assert found.line == line_of(with_rules(sql(query)), "type: sql")


def test_wrong_sql_is_told_together_with_what_else_is_wrong(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        {
            "contracts/shop/orders.odcs.yaml": with_rules(sql("SELECT 1"), sql("DROP TABLE x")),
            "contracts/shop/bad.odcs.yaml": "kind: DataContract\n",
        },
    )
    for compiling in (
        lambda: load(root, rule_problems),
        lambda: compile_platform(root, Names("dev")),
    ):
        with pytest.raises(InvalidContract) as error:
            compiling()
        files = [problem.file for problem in error.value.problems]
        assert files.count("contracts/shop/orders.odcs.yaml") == 2
        assert "contracts/shop/bad.odcs.yaml" in files
