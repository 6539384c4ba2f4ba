from __future__ import annotations

import pytest

from dataplatform.contracts.model import Rule
from tests.unit.support.contracts import contract, problems, spoiled

STATE = """\
        enum:
          - value: open
          - value: closed
"""


def rule(kind: str, *arguments: str) -> Rule:
    return Rule(kind=kind, arguments=arguments)


def test_options_and_enum_become_rules() -> None:
    found = contract()
    assert found.column("amount").rules == (rule("minimum", "0"), rule("maximum", "100"))
    assert found.column("email").rules == (
        rule("min_length", "3"),
        rule("max_length", "50"),
        rule("pattern", "@"),
    )
    assert found.column("state").rules == (rule("one_of", "open", "closed"),)


@pytest.mark.parametrize(
    ("quality", "rules"),
    [
        ("{type: text, description: For people.}", ()),
        ("{metric: nullValues, mustBe: 0}", ()),  # required, see below
        (
            "{metric: invalidValues, mustBe: 0, arguments: {validValues: [a, b], pattern: '^.$'}}",
            (rule("one_of", "a", "b"), rule("pattern", "^.$")),
        ),
        (
            "{type: library, metric: missingValues, mustBe: 0, arguments: {missingValues: [N/A]}}",
            (rule("none_of", "N/A"),),
        ),
    ],
)
def test_library_quality_about_single_records_becomes_rules(
    quality: str, rules: tuple[Rule, ...]
) -> None:
    assert contract(_state(quality)).column("state").rules == rules


@pytest.mark.parametrize(
    "quality",
    [
        "{metric: nullValues, mustBe: 0}",
        "{metric: missingValues, mustBe: 0, arguments: {missingValues: [null, '']}}",
    ],
)
def test_quality_that_forbids_nulls_makes_the_column_required(quality: str) -> None:
    column = contract(_state(quality)).column("state")
    assert column.required
    assert column.rules == ()


def test_words_of_the_contract_explain_a_broken_rule() -> None:
    quality = (
        "{metric: invalidValues, mustBe: 0, description: not a state of ours, "
        "arguments: {validValues: [a]}}"
    )
    assert contract(_state(quality)).column("state").rules[0].description == "not a state of ours"


@pytest.mark.parametrize(
    ("kind", "low", "high", "good"),
    [
        ("date", "2020-01-01", "2019-12-31", False),
        ("date", '"2020-01-01"', '"2020-01-01"', True),
        ("timestamp", "2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00Z", True),
        ("timestamp", "2020-01-01T01:00:01Z", "2020-01-01T02:00:00+01:00", False),
        ("integer", "-2147483648", "2147483647", True),
        ("integer", "-2147483649", "5", False),
        ("integer", "1.5", "5", False),
    ],
)
def test_bounds_are_values_of_the_type_and_in_order(
    kind: str, low: str, high: str, good: bool
) -> None:
    text = spoiled(
        (STATE, ""),
        (
            "      - name: state\n        logicalType: string\n",
            f"      - name: state\n        logicalType: {kind}\n        logicalTypeOptions:\n"
            f"          minimum: {low}\n          maximum: {high}\n",
        ),
    )
    if good:
        assert [r.kind for r in contract(text).column("state").rules] == ["minimum", "maximum"]
    else:
        assert {p.field for p in problems(text)} == {
            "schema.orders.state.logicalTypeOptions.minimum"
        }


def test_exclusive_bounds_leave_a_value_between_them() -> None:
    text = spoiled(("minimum: 0", "exclusiveMinimum: 100"))
    assert any("below maximum" in p.expected for p in problems(text))


def test_a_length_of_the_physical_type_is_a_rule() -> None:
    text = spoiled((STATE, "        physicalType: VARCHAR(7)\n"))
    assert contract(text).column("state").max_length == 7


def _state(quality: str) -> str:
    return spoiled((STATE, f"        quality:\n          - {quality}\n"))
