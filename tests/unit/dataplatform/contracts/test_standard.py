"""The standard's own examples: a contract, or clear words about what isn't supported."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from dataplatform.contracts.document import read
from dataplatform.contracts.model import BatchRule, Contract, Rule
from dataplatform.contracts.parser import parse
from dataplatform.plans.gates import gates_of
from tests.unit.support.contracts import contract, spoiled

EXAMPLES = sorted((Path(__file__).parents[3] / "data" / "odcs").glob("*.odcs.yaml"))
OWN, THEIRS = "quality.odcs.yaml", "full-example-v3.2.0.odcs.yaml"


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text())
    return found


@pytest.fixture(scope="module")
def own() -> Contract:
    found, problems = parse(read(next(p for p in EXAMPLES if p.name == OWN), OWN))
    assert found is not None, [str(problem) for problem in problems]
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid_by_the_standards_own_schema(path: Path) -> None:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(loaded(path))] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_contract_or_each_thing_in_it_that_is_not_supported(path: Path) -> None:
    found, problems = parse(read(path, path.name))
    assert (found is None) == bool(problems)
    for problem in problems:
        assert problem.line
        assert problem.field
        assert problem.found
        assert problem.expected
        assert "None" not in str(problem)


def test_the_full_examples_quality_means_what_it_says() -> None:
    """Its tables are another platform's; their rules are the same on ours."""
    (path,) = (path for path in EXAMPLES if path.name == THEIRS)
    table = loaded(path)["schema"][0]
    (of_table,) = table["quality"]
    (of_column,) = (rule for column in table["properties"] for rule in column.get("quality", ()))
    state = "          - value: closed\n"
    text = spoiled(
        ("    properties:\n", f"    quality: [{json.dumps(of_table)}]\n    properties:\n"),
        (state, f"{state}        quality: [{json.dumps(of_column)}]\n"),
    )
    found = contract(text)
    assert found.column("state").required  # nullValues, mustBe: 0
    (rule,) = found.quality.batch
    assert (rule.metric, rule.operator, rule.bounds) == (
        "row_count", "must_be_greater_than", ("1000000",)
    )  # fmt: skip
    assert rule.description == "Ensure row count is within expected volume range"


def test_rules_of_records_are_read_as_the_standard_describes_them(own: Contract) -> None:
    assert own.column("order_id").required
    (iban,) = own.column("iban").rules
    assert (iban.kind, iban.severity, iban.description) == (
        "pattern", "error", "The value must be an IBAN."
    )  # fmt: skip
    assert not any(column.rules for column in own.columns if column.name != "iban")


def test_rules_of_batches_are_read_as_the_standard_describes_them(own: Contract) -> None:
    said = {(rule.column, rule.metric): rule for rule in own.quality.batch}
    assert {at: _compared(rule) for at, rule in said.items()} == {
        ("order_status", "null_values"): ("must_be_less_than", ("1",), "percent", "error"),
        ("email_address", "missing_values"): ("must_be_less_than", ("100",), "rows", "error"),
        ("email_address", "duplicate_values"): ("must_be_less_than", ("10",), "rows", "warning"),
        ("line_item_unit", "invalid_values"): ("must_be_less_than", ("5",), "rows", "error"),
        ("phone_number", "duplicate_values"): ("must_be_less_than", ("1",), "percent", "error"),
        ("phone_number", "sql"): ("must_be_greater_than", ("0",), "rows", "error"),
        ("", "row_count"): ("must_be_between", ("100", "120"), "rows", "error"),
        ("", "duplicate_values"): ("must_be", ("0",), "rows", "error"),
        ("", "sql"): ("must_be_less_than", ("3600",), "rows", "error"),
    }
    assert said["", "duplicate_values"].columns == ("tenant_id", "order_id")
    assert said["email_address", "missing_values"].breaks == (
        Rule(kind="required"),
        Rule(kind="none_of", arguments=("N/A", "n/a")),
    )
    assert own.quality.dqdl == ('Completeness "phone_number" > 0.95', "ColumnCount >= 6")


def test_their_sql_is_evaluated_by_both_engines(own: Contract) -> None:
    gates, problems = gates_of(own)
    assert not problems
    by_name = {gate.name: gate for gate in gates}
    assert by_name["sql"].spark == "COUNT(*) FILTER(WHERE NOT email_address IS NULL)"
    assert by_name["phone_number.sql"].duckdb.startswith("count(*) FILTER (WHERE")


def _compared(rule: BatchRule) -> tuple[str, tuple[str, ...], str, str]:
    return rule.operator, rule.bounds, rule.unit, rule.severity
