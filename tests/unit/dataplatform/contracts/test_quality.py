from __future__ import annotations

import pytest

from dataplatform.contracts.model import BatchRule, Rule
from tests.unit.support.contracts import ORDERS, contract, line_of, problems, spoiled

STATE = "          - value: closed\n"
PLACE = "schema.orders.state.quality[1]"


def at_column(quality: str) -> str:
    """The good contract with a rule on the column `state`."""
    return spoiled((STATE, f"{STATE}        quality:\n          - {quality}\n"))


def at_table(quality: str) -> str:
    """The good contract with a rule on the table."""
    return spoiled(("    properties:\n", f"    quality:\n      - {quality}\n    properties:\n"))


def rule_of(text: str) -> BatchRule:
    (rule,) = contract(text).quality.batch
    return rule


@pytest.mark.parametrize(
    ("quality", "metric", "breaks"),
    [
        ("metric: nullValues", "null_values", (Rule(kind="required"),)),
        (
            "metric: missingValues, arguments: {missingValues: [null, '', n/a]}",
            "missing_values",
            (Rule(kind="required"), Rule(kind="none_of", arguments=("n/a",))),
        ),
        (
            "metric: invalidValues, arguments: {validValues: [a, null], pattern: '^a'}",
            "invalid_values",
            (Rule(kind="one_of", arguments=("a",)), Rule(kind="pattern", arguments=("^a",))),
        ),
        ("metric: duplicateValues", "duplicate_values", ()),
    ],
)
def test_a_share_of_records_is_a_rule_of_the_batch(
    quality: str, metric: str, breaks: tuple[Rule, ...]
) -> None:
    rule = rule_of(at_column(f"{{{quality}, mustBeLessThan: 0.5, unit: percent}}"))
    assert (rule.metric, rule.column, rule.unit) == (metric, "state", "percent")
    assert (rule.operator, rule.bounds) == ("must_be_less_than", ("0.5",))
    assert rule.breaks == breaks
    assert rule.columns == (("state",) if metric == "duplicate_values" else ())


@pytest.mark.parametrize(
    ("written", "operator", "bounds"),
    [
        ("mustBe: 5", "must_be", ("5",)),
        ("mustNotBe: 0", "must_not_be", ("0",)),
        ("mustBeGreaterThan: 1e3", "must_be_greater_than", ("1000",)),
        ("mustBeGreaterOrEqualTo: 1", "must_be_greater_or_equal_to", ("1",)),
        ("mustBeLessThan: 2.50", "must_be_less_than", ("2.5",)),
        ("mustBeLessOrEqualTo: 9", "must_be_less_or_equal_to", ("9",)),
        ("mustBeBetween: [1, 9]", "must_be_between", ("1", "9")),
        ("mustNotBeBetween: [1, 9]", "must_not_be_between", ("1", "9")),
    ],
)
def test_every_operator_of_the_standard_is_understood(
    written: str, operator: str, bounds: tuple[str, ...]
) -> None:
    rule = rule_of(at_table(f"{{metric: rowCount, {written}}}"))
    assert rule.metric == "row_count"
    assert rule.operator == operator
    assert list(map(float, rule.bounds)) == list(map(float, bounds))


def test_duplicates_of_several_columns_stand_at_the_table() -> None:
    quality = "{metric: duplicateValues, mustBe: 0, arguments: {properties: [email, state]}}"
    assert rule_of(at_table(quality)).columns == ("email", "state")


@pytest.mark.parametrize("unit", ["rows", "percent"])
def test_no_bad_record_at_all_is_a_rule_of_each_record(unit: str) -> None:
    quality = "metric: invalidValues, mustBe: 0, arguments: {validValues: [a]}"
    column = contract(at_column(f"{{{quality}, unit: {unit}}}")).column("state")
    assert column.rules[-1] == Rule(kind="one_of", arguments=("a",))
    assert not column.quality.batch


def test_a_warning_about_records_keeps_them() -> None:
    column = contract(at_column("{metric: nullValues, mustBe: 0, severity: warning}")).column(
        "state"
    )
    assert not column.required
    assert column.rules[-1] == Rule(kind="required", severity="warning")


def test_a_warning_of_what_is_required_anyway_says_nothing() -> None:
    text = ORDERS + (
        "        quality:\n          - {metric: nullValues, mustBe: 0, severity: warning}\n"
    )
    column = contract(text).column("changed_at")
    assert column.required
    assert not column.rules


@pytest.mark.parametrize(
    "written", ["${object} WHERE ${property}", "{object} WHERE {property}",
                "${table} WHERE ${column}", "{table} WHERE {column}"],
)  # fmt: skip
def test_placeholders_of_sql_are_filled_in(written: str) -> None:
    query = f"SELECT COUNT(*) FROM {written} = 'x'"
    rule = rule_of(at_column(f'{{type: sql, mustBe: 0, severity: warning, query: "{query}"}}'))
    assert rule.query == "SELECT COUNT(*) FROM `orders` WHERE `state` = 'x'"
    assert (rule.metric, rule.severity, rule.field) == ("sql", "warning", f"{PLACE}.query")


def test_truth_is_a_figure_of_sql_alone() -> None:
    query = "type: sql, query: SELECT COUNT(*) > 5 FROM orders"
    assert rule_of(at_table(f"{{{query}, mustBe: true}}")).bounds == ("1",)
    assert problems(at_table("{metric: rowCount, mustBe: true}"))


def test_rules_in_dqdl_are_kept_for_glue() -> None:
    text = at_column(
        "{type: custom, engine: dqdl, implementation: 'ColumnLength \"state\" between 1 and 9'}"
    )
    assert contract(text).quality.dqdl == ('ColumnLength "state" between 1 and 9',)


def test_words_for_people_are_passed_over() -> None:
    quality = (
        "{metric: rowCount, mustBeGreaterThan: 0, dimension: completeness, method: reconciliation,"
        " businessImpact: operational, schedule: 0 20 * * *, scheduler: cron, tags: [a],"
        " name: n, description: Some  rows.}"
    )
    assert rule_of(at_table(quality)).description == "Some rows."
    assert not contract(at_table("{type: text, description: Good data.}")).quality.batch


AT_COLUMN = [
    ("{metric: rowCount, mustBeGreaterThan: 5}", ".metric", "on the schema object"),
    ("{metric: nullValues, mustBeLessThan: 5, mustBe: 1}", ".mustBe", "a rule of its own"),
    ("{metric: nullValues}", "", "compares with nothing"),
    ("{metric: nullValues, mustBe: few}", ".mustBe", "a number"),
    ("{metric: nullValues, mustBe: .nan}", ".mustBe", "a number"),
    ("{metric: nullValues, mustBeBetween: [9, 1]}", ".mustBeBetween", "the smaller one first"),
    ("{metric: nullValues, mustBeBetween: [9]}", ".mustBeBetween", "the smaller one first"),
    ("{metric: nullValues, mustBe: 1, unit: rwos}", ".unit", 'Did you mean "rows"?'),
    ("{metric: nullValues, mustBe: 101, unit: percent}", ".unit", "0 to 100"),
    ("{metric: nullValues, mustBe: 0, severity: info}", ".severity", 'Write "error"'),
    ("{metric: nullValues, mustBe: 0, severity: warn}", ".severity", 'Did you mean "warning"?'),
    ("{metric: nullValues, mustBe: 0, dimension: accurate}", ".dimension", '"accuracy"'),
    ("{metric: nulValues, mustBe: 0}", ".metric", 'Did you mean "nullValues"?'),
    ("{mustBe: 0}", ".metric", "a metric of ODCS"),
    ("{metric: nullValues, mustBe: 0, arguments: {a: 1}}", ".arguments.a", "unknown argument"),
    ("{metric: invalidValues, mustBe: 0}", "", "without arguments"),
    ("{metric: missingValues, mustBe: 9}", "", "without arguments"),
    ("{metric: invalidValues, mustBe: 0, arguments: {validValues: [1]}}",
     ".arguments.validValues[1]", 'Quote it: "1".'),
    ("{metric: invalidValues, mustBe: 0, arguments: {pattern: '(?<!a)b'}}",
     ".arguments.pattern", "lookaround"),
    ("{metric: duplicateValues, mustBe: 0, arguments: {properties: [a]}}", ".arguments",
     "on the schema object"),
    ("{type: sql, mustBe: 0}", ".query", "a SELECT of one figure"),
    ("{type: custom, engine: soda, implementation: x}", ".engine", 'engine "dqdl"'),
    ("{type: custom, engine: greatExpectations, implementation: x}", ".engine", "greatExp"),
    ("{type: custom, engine: dqdl}", ".implementation", "a rule in DQDL"),
    ("{type: custom, engine: dqdl, implementation: IsComplet \"a\"}", ".implementation",
     'Did you mean "IsComplete"?'),
    ("{type: custom, engine: dqdl, implementation: 'IsComplete \"a'}", ".implementation",
     "closed"),
    ("{type: librray, metric: nullValues, mustBe: 0}", ".type", 'Did you mean "library"?'),
]  # fmt: skip
AT_TABLE = [
    ("{metric: nullValues, mustBe: 0}", ".metric", "on a column"),
    ("{metric: rowCount, mustBe: 9, unit: percent}", ".unit", "100 percent"),
    ("{metric: duplicateValues, mustBe: 0}", ".arguments", "arguments.properties"),
    ("{metric: duplicateValues, mustBe: 0, arguments: {properties: [sttae]}}",
     ".arguments.properties[1]", 'Did you mean "state"?'),
    ('{type: sql, mustBe: 0, query: "SELECT COUNT({property}) FROM {object}"}', ".query",
     "Name the column itself"),
]  # fmt: skip


@pytest.mark.parametrize(("quality", "field", "said"), AT_COLUMN)
def test_what_a_column_can_not_be_asked_is_refused(quality: str, field: str, said: str) -> None:
    _refused(at_column(quality), quality, f"{PLACE}{field}", said)


@pytest.mark.parametrize(("quality", "field", "said"), AT_TABLE)
def test_what_a_table_can_not_be_asked_is_refused(quality: str, field: str, said: str) -> None:
    _refused(at_table(quality), quality, f"schema.orders.quality[1]{field}", said)


def _refused(text: str, quality: str, field: str, said: str) -> None:
    (problem,) = problems(text)
    assert problem.field == field
    assert problem.line == line_of(text, quality)
    assert said in str(problem)
