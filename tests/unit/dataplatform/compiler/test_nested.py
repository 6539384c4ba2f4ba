"""Objects and arrays in a plan, and in the SQL that reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.compiler.deployed import deployed_contracts
from dataplatform.compiler.gates import rule_problems
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.differences.datasets import changed
from dataplatform.contracts.loader import load
from dataplatform.errors import InvalidContract, InvalidModel, Problem
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from tests.unit.support.contracts import project
from tests.unit.support.nested import NESTED, nested

FACT = """\
-- key: order_id
SELECT o.order_id, o.address.city, address.geo.lat AS lat, UPPER(o.address.City) AS shout,
CASE WHEN o.address.zip > 2000 THEN o.address.zip ELSE 0 END AS zip
FROM silver.orders AS o
"""


def compiled(root: Path, sql: str = FACT, contract: str = NESTED) -> PlatformPlan:
    files = {"contracts/shop/orders.odcs.yaml": contract, "models/shop/gold/m.sql": sql}
    return compile_platform(project(root, files), Names("dev"))


def refused(root: Path, sql: str) -> Problem:
    with pytest.raises(InvalidModel) as caught:
        compiled(root, f"-- key: order_id\n{sql}")
    (problem,) = caught.value.problems
    return problem


def test_a_plan_with_parts_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert PlatformPlan.from_json(plan.to_json()) == plan
    (dataset,) = plan.datasets
    types = {column.name: column.type for column in dataset.columns}
    assert types["address"] == "struct<city:string,zip:int,geo:struct<lat:decimal(9,6)>>"
    assert types["lines"] == "array<struct<sku:string,qty:int,price:decimal(10,2)>>"
    assert [check.column for check in dataset.checks if check.kind == "required"] == [
        "order_id", "changed_at", "address.city", "lines[].sku", "lines[].qty"
    ]  # fmt: skip


def test_glues_ruleset_asks_nothing_of_what_is_within(tmp_path: Path) -> None:
    (dataset,) = compiled(tmp_path).datasets
    assert "order_id" in dataset.ruleset
    assert "address" not in dataset.ruleset


def test_a_model_reads_fields_of_objects(tmp_path: Path) -> None:
    found = compiled(tmp_path).model("m")
    assert {column.name: column.type for column in found.columns} == {
        "order_id": "int",
        "city": "string",
        "lat": "decimal(9,6)",
        "shout": "string",
        "zip": "int",
    }
    assert "o.address.city," in found.sql
    assert 'struct_extract("o"."address", \'city\') AS "city"' in found.duckdb.sql


@pytest.mark.parametrize(
    ("sql", "found", "expected"),
    [
        ("SELECT order_id, address FROM silver.orders", "an object", "a single value"),
        ("SELECT order_id, o.tags FROM silver.orders AS o", "an array", "a single value"),
        ("SELECT order_id, COALESCE(tags, tags) AS t FROM silver.orders", "an array", "a single"),
        ("SELECT order_id, address.geo FROM silver.orders", "an object", "a single value"),
        ("SELECT order_id, CAST(o.address.town AS STRING) AS t FROM silver.orders AS o",
         "o.address.town", "a field of o.address: city, zip, geo"),
        ("SELECT order_id, CAST(o.lines.sku AS STRING) AS t FROM silver.orders AS o",
         "o.lines.sku", "no field of an array"),
        ("SELECT order_id, CAST(o.order_id.x AS STRING) AS t FROM silver.orders AS o",
         "o.order_id.x", "a column; o.order_id is a int"),
        ("SELECT order_id, x.address.city FROM silver.orders AS o",
         'no table "address"', "a table or alias"),
        ("SELECT order_id, o.adress.city FROM silver.orders AS o", '"adress"', "a column of o"),
    ],
)  # fmt: skip
def test_what_a_model_can_not_take_is_named(
    tmp_path: Path, sql: str, found: str, expected: str
) -> None:
    problem = refused(tmp_path, sql)
    assert found in problem.found
    assert expected in problem.expected
    assert problem.line


@pytest.mark.parametrize(
    ("sql", "remedy"),
    [
        ("SELECT order_id, x.address.city FROM silver.orders AS o", "Write o.address.city."),
        ("SELECT o.order_id, CAST(line.sku AS STRING) AS sku FROM silver.orders AS o\n"
         "LATERAL VIEW POSEXPLODE(o.lines) l AS place, line", "Write l.line.sku."),
        ("SELECT order_id, nothing.sku FROM silver.orders AS o", ""),
    ],
)  # fmt: skip
def test_a_field_whose_object_stands_without_its_table_is_written_whole(
    tmp_path: Path, sql: str, remedy: str
) -> None:
    assert refused(tmp_path, f"-- engine: spark\n{sql}").remedy == remedy


def test_spark_alone_makes_rows_of_an_array(tmp_path: Path) -> None:
    sql = (
        "-- key: order_id, place\n-- engine: spark\n"
        "SELECT o.order_id, CAST(l.place AS INT) AS place, CAST(l.line.sku AS STRING) AS sku\n"
        "FROM silver.orders AS o LATERAL VIEW POSEXPLODE(o.lines) l AS place, line\n"
    )
    found = compiled(tmp_path, sql).model("m")
    assert [column.type for column in found.columns] == ["int", "int", "string"]
    assert "LATERAL VIEW" in found.sql


def test_what_is_made_of_a_classified_object_is_classified(tmp_path: Path) -> None:
    secret = nested(("{name: lat, ", "{name: lat, classification: pii, "))
    plan = compiled(tmp_path, contract=secret)
    (dataset,) = plan.datasets
    assert {c.name: c.classification for c in dataset.columns}["address"] == "pii"
    assert {c.name: c.classification for c in plan.model("m").columns}["city"] == "pii"


FIRST = "    properties:\n      - {name: order_id"
RULE = """\
    quality:
      - type: sql
        query: SELECT COUNT(*) FROM ${object} WHERE address.geo.lat > 90
        mustBe: 0
"""


def test_rules_of_type_sql_read_fields(tmp_path: Path) -> None:
    plan = compiled(tmp_path, contract=nested((FIRST, RULE + FIRST)))
    (gate,) = plan.datasets[0].gates
    assert "address.geo.lat" in gate.spark
    assert "struct_extract" in gate.duckdb
    wrong = RULE.replace("lat", "lon")
    with pytest.raises(InvalidContract, match="address.geo.lon"):
        compiled(tmp_path / "x", contract=nested((FIRST, wrong + FIRST)))


def test_what_is_deployed_is_the_contract_that_it_was_made_from(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    known = load(tmp_path, rule_problems)
    before = PlatformPlan.from_json(plan.to_json())
    assert changed(deployed_contracts(before, known), known) == ()
