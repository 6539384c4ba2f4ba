"""The standard's own examples: a contract, or clear words about what isn't supported."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from dataplatform.compiler.gates import gates_of
from dataplatform.contracts import standard
from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.document import read
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.model import BatchRule, Contract, Rule
from dataplatform.contracts.parser import parse
from dataplatform.contracts.standard import VERSIONS, check_standard
from dataplatform.errors import InvalidContract
from tests.unit.support.contracts import ORDERS, contract, line_of, spoiled
from tests.unit.support.contracts import problems as problems_of

DATA = Path(__file__).parents[3] / "data"
EXAMPLES = sorted((DATA / "odcs").glob("*.odcs.yaml"))
MALFORMED = sorted((DATA / "bad_contracts").glob("*.odcs.yaml"))
SAMPLES = sorted((DATA.parents[1] / "contracts").rglob("*.odcs.yaml"))
SCHEMAS = Path(standard.__file__).parent / "odcs"
OWN, THEIRS = "quality.odcs.yaml", "full-example-v3.2.0.odcs.yaml"


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text())
    return found


@pytest.fixture(scope="module")
def own() -> Contract:
    found, problems = parse(read(next(p for p in EXAMPLES if p.name == OWN), OWN))
    assert found is not None, [str(problem) for problem in problems]
    return found


def published(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{version}.schema.json").read_text())
    return found


def test_the_newest_schema_is_the_one_that_the_standards_package_ships() -> None:
    shipped = files("open_data_contract_standard") / "schema.json"
    assert published(VERSIONS[-1]) == json.loads(shipped.read_text())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_versions_schema_takes_that_version(version: str) -> None:
    assert version in published(version)["properties"]["apiVersion"]["enum"]


@pytest.mark.parametrize("path", [*EXAMPLES, *SAMPLES], ids=lambda path: path.name)
def test_an_example_is_valid_by_another_reader_of_its_versions_schema(path: Path) -> None:
    data = loaded(path)
    schema = published(data["apiVersion"])
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(data)] == []
    findings = Findings(read(path, path.name))
    check_standard(findings)
    assert [str(problem) for problem in findings.problems] == []


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 8


@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.name)
def test_what_the_schema_refuses_is_refused_whoever_reads_it(path: Path) -> None:
    """Every fault that the standard's schema sees is told, in the platform's words or its own."""
    try:
        document = read(path, path.name)
    except InvalidContract:
        return  # it is no document
    version = document.data.get("apiVersion")
    schema = published(version if version in VERSIONS else VERSIONS[0])
    validator = jsonschema.validators.validator_for(schema)(schema)
    findings = Findings(document)
    check_standard(findings)
    valid = validator.is_valid(document.data) and "minimum_infinite" not in path.name
    assert bool(findings.problems) == (not valid), "(JSON has no infinity)"
    _, problems = parse(document)
    assert bool(problems) or not findings.problems


def test_a_key_of_a_later_version_is_said_to_be_one() -> None:
    text = ORDERS.replace("apiVersion: v3.2.0", "apiVersion: v3.1.0")
    (problem,) = problems_of(text)
    assert problem.line == line_of(text, "        enum:")
    assert problem.field == "schema.orders.state.enum"
    assert problem.remedy == "ODCS v3.2.0 has it: write apiVersion: v3.2.0."
    found, problems = parse(parse_yaml(text, "a.odcs.yaml"), strict=False)
    assert found is not None, "what was deployed once keeps its meaning"
    assert problems == []


def test_faults_that_the_standard_alone_sees_are_told_together_with_others() -> None:
    text = spoiled(
        ("status: active\n", "status: active\nsupport: [{url: 'https://example.com'}]\n"),
        ("minimum: 0", "minimum: 200"),
        ("classification: pii", "classification: pii\n        id: the e-mail"),
    )
    assert [(p.line, p.field) for p in problems_of(text)] == [
        (line_of(text, "support:"), "support[1].channel"),
        (line_of(text, "minimum: 200"), "schema.orders.amount.logicalTypeOptions.minimum"),
        (line_of(text, "id: the e-mail"), "schema.orders.email.id"),
    ]


def test_a_date_without_quotes_is_told_once() -> None:
    text = spoiled(("status: active\n", "status: active\ncontractCreatedTs: 2026-11-21\n"))
    (problem,) = problems_of(text)
    assert (problem.line, problem.remedy) == (6, "Put it into quotes.")


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
