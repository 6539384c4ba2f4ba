from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.contracts.differences.datasets import changed
from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.contracts.differences.unannounced import problems
from dataplatform.contracts.differences.widening import breaks, widens
from dataplatform.contracts.model import Contract
from dataplatform.errors import Problem
from tests.unit.support.contracts import ORDERS, contract, line_of, project, spoiled
from tests.unit.support.nested import NESTED, nested

STATE = """\
      - name: state
        logicalType: string
"""
WITH_ID = spoiled((STATE, STATE.replace("logicalType", "id: c-state\n        logicalType")))
RENAMED = spoiled(("name: state", "name: status"), text=WITH_ID)
MAJOR = ("version: 1.0.0", "version: 2.0.0")


def difference(old: str, new: str) -> Difference:
    (found,) = differences(old, new)
    return found


def differences(old: str, new: str) -> tuple[Difference, ...]:
    found = changed([contract(old)], [contract(new)])
    return found[0].differences if found else ()


WHOLE_STATE = ORDERS[ORDERS.index(STATE) : ORDERS.index("      - name: changed_at")]


@pytest.mark.parametrize(
    ("old", "new", "weight", "what"),
    [
        (
            STATE,
            f"      - name: more\n        logicalType: date\n{STATE}",
            "additive",
            "added, date",
        ),
        (WHOLE_STATE, "", "breaking", "gone"),
        ("DECIMAL(10,4)", "DECIMAL(12,4)", "compatible", "decimal(12,4), before decimal(10,4)"),
        ("DECIMAL(10,4)", "DECIMAL(10,2)", "breaking", "decimal(10,2), before decimal(10,4)"),
        ("maximum: 100", "maximum: 200", "compatible", "check changed: maximum 100 → 200"),
        ('pattern: "@"', "pattern: x", "compatible", "check changed: pattern @ → x"),
        ("        classification: pii\n", "", "compatible", "classification none, before pii"),
        (STATE, f"{STATE}        description: S\n", "none", "description changed"),
        ("format: csv", "format: json", "compatible", "comes from s3 (json), before s3 (csv)"),
        (
            "        value: changed_at",
            "        value: order_id",
            "breaking",
            "ordering order_id, b",
        ),
    ],
)
def test_each_change_has_its_weight(old: str, new: str, weight: str, what: str) -> None:
    found = difference(ORDERS, spoiled((old, new)))
    assert (found.weight.word, found.what[: len(what)]) == (weight, what)


def test_a_column_is_known_by_its_id_whatever_it_is_called() -> None:
    found = difference(WITH_ID, RENAMED)
    assert (found.weight, found.what) == (Weight.BREAKING, "renamed from state")
    assert (found.before, found.column) == ("state", "status")
    without = spoiled(("name: state", "name: status"))
    assert [(each.column, each.weight) for each in differences(ORDERS, without)] == [
        ("status", Weight.ADDITIVE),
        ("state", Weight.BREAKING),
    ]


@pytest.mark.parametrize(
    ("old", "new", "tighter"),
    [
        ("minimum: 0", "minimum: 1", True),
        ("maximum: 100", "maximum: 99", True),
        ("maximum: 100", "maximum: 1000", False),
        ("maxLength: 50", "maxLength: 60", False),
        ("minLength: 3", "minLength: 2", False),
        ("          - value: closed\n", "", True),
        ("          - value: closed\n", "          - value: closed\n          - value: x\n", False),
        ("          maximum: 100\n", "", False),
    ],
)
def test_it_is_told_whether_a_check_is_tighter(old: str, new: str, tighter: bool) -> None:
    assert old in ORDERS
    found = difference(ORDERS, ORDERS.replace(old, new))
    assert found.why.startswith("new records are quarantined") is tighter
    assert found.why.startswith("records are taken") is not tighter


def test_what_a_column_must_have_is_told_both_ways() -> None:
    required = spoiled((STATE, STATE + "        required: true\n"))
    assert difference(ORDERS, required).what == "is required now"
    assert difference(required, ORDERS).what == "may be missing now"


def test_the_tables_own_parts_are_compared_by_what_columns_are_called_now() -> None:
    split = spoiled(("id: c-state\n", "id: c-state\n        partitioned: true\n"), text=WITH_ID)
    renamed = split.replace("name: state", "name: status")
    assert [each.what for each in differences(split, renamed)] == ["renamed from state"]
    found = difference(WITH_ID, split)
    assert (found.weight, found.what) == (
        Weight.COMPATIBLE,
        "files split by state, before nothing",
    )
    gone = spoiled(
        (split[split.index("      - name: state") : split.index("      - name: changed_at")], ""),
        text=split,
    )
    assert "files of the table are split by it" in differences(split, gone)[0].remedy


def test_roles_promises_and_rules_of_batches_are_told() -> None:
    more = ORDERS + (
        "    quality:\n      - {metric: rowCount, mustBeGreaterThan: 0}\n"
        "slaProperties:\n  - {property: freshness, value: 1, unit: d}\n"
        "roles:\n  - {role: analyst, access: read}\n"
    )
    added = [each.what for each in differences(ORDERS, more)]
    assert added == [
        "quality rules of batches changed (1, before 0)",
        "promises freshness 1 d",
        "role analyst may read",
    ]
    gone = [each.what for each in differences(more, ORDERS)]
    assert gone[1:] == ["promises no freshness any more", "role analyst may no longer read"]
    moved = more.replace("domain: shop\n", "domain: shop\n\n\n")
    assert differences(more, moved) == (), "lines are no difference"


def told(tmp_path: Path, old: str, new: str) -> list[Problem]:
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": new})
    return list(problems(root, changed([contract(old)], [contract(new)])))


def test_a_breaking_change_asks_for_a_major_version_at_its_own_line(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, WITH_ID, RENAMED)
    assert problem.file == "contracts/shop/orders.odcs.yaml"
    assert problem.line == line_of(RENAMED, "name: status")
    assert problem.field == "schema.orders.status"
    assert problem.remedy == "Set version: 2.0.0, or keep what was there."
    assert told(tmp_path, WITH_ID, spoiled(MAJOR, text=RENAMED)) == []


@pytest.mark.parametrize(
    ("new", "remedy"),
    [
        (("physicalType: DECIMAL(10,4)", "physicalType: DOUBLE"), "Add a column of another name"),
        (
            (
                "        required: true\n        primaryKey: true\n",
                "        required: true\n",
            ),
            "Declare a new dataset",
        ),
    ],
)
def test_what_tables_cannot_follow_is_told_whatever_the_version(
    tmp_path: Path, new: tuple[str, str], remedy: str
) -> None:
    found = told(tmp_path, ORDERS, spoiled(MAJOR, new))
    assert len(found) == 1
    assert found[0].remedy.startswith(remedy)


def test_a_version_may_not_go_back(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, spoiled(MAJOR), ORDERS)
    assert (problem.field, problem.line) == ("version", line_of(ORDERS, "version: 1.0.0"))


def test_a_dataset_goes_once_its_readers_were_told(tmp_path: Path) -> None:
    (gone,) = changed([contract()], [])
    assert (gone.weight, gone.announced) == (Weight.BREAKING, False)
    assert [problem.field for problem in problems(tmp_path, [gone])] == ["status"]
    (gone,) = changed([contract(spoiled(("status: active", "status: deprecated")))], [])
    assert list(problems(tmp_path, [gone])) == []
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": ORDERS})
    (new,) = changed([], [contract()])
    assert (new.weight, list(problems(root, [new]))) == (Weight.ADDITIVE, [])


@pytest.mark.parametrize(
    ("old", "new", "safe"),
    [
        ("int", "bigint", True),
        ("bigint", "int", False),
        ("int", "double", False),
        ("string", "int", False),
        ("decimal(10,2)", "decimal(12,2)", True),
        ("decimal(10,2)", "decimal(9,2)", False),
        ("decimal(10,2)", "decimal(12,4)", False),
        ("int", "decimal(10,0)", False),
        ("int", "int", False),
        ("struct<a:int>", "struct<b:string,a:bigint>", True),
        ("struct<a:int,b:int>", "struct<a:int>", False),
        ("struct<a:int>", "struct<a:string>", False),
        ("struct<a:int>", "array<int>", False),
        ("struct<a:int>", "string", False),
        ("array<int>", "array<bigint>", True),
        ("array<struct<a:int>>", "array<struct<a:int,c:array<string>>>", True),
        ("array<struct<a:struct<b:int>>>", "array<struct<a:struct<c:int>>>", False),
    ],
)
def test_only_what_keeps_old_files_readable_widens(old: str, new: str, safe: bool) -> None:
    assert widens(old, new) is safe


def test_what_can_not_be_read_any_more_is_named_by_its_path() -> None:
    old = "array<struct<sku:string,qty:int,geo:struct<lat:double,lon:double>>>"
    new = "array<struct<sku:int,qty:bigint,geo:struct<lat:double>>>"
    assert list(breaks(old, new, "lines")) == [
        ("lines[].sku", "string", "int"),
        ("lines[].geo.lon", "double", ""),
    ]


def test_the_same_contract_has_no_difference() -> None:
    found: Contract = contract()
    assert changed([found], [found]) == ()


def test_what_is_in_a_column_is_compared_by_its_path() -> None:
    new = nested(
        ("- {name: zip, logicalType: integer, ", "- {name: zip, logicalType: integer, "
         "physicalType: BIGINT, "),
        ("- {name: lat,", "- {name: lon, logicalType: string}\n              - {name: lat,"),
        ("{name: sku, logicalType: string, required: true}", "{name: sku, logicalType: string}"),
        ("{name: qty,", "{name: pieces,"),
        ("items: {logicalType: string}", "items: {logicalType: date}"),
    )  # fmt: skip
    (found,) = changed([contract(NESTED)], [contract(new)])
    assert [(d.column, d.weight.name, d.what) for d in found.differences] == [
        ("address.zip", "COMPATIBLE", "bigint, before int"),
        ("address.geo.lon", "ADDITIVE", "added, string"),
        ("lines[].sku", "COMPATIBLE", "may be missing now"),
        ("lines[].pieces", "COMPATIBLE", "added, int, required"),
        ("lines[].qty", "BREAKING", "gone"),
        ("tags[]", "BREAKING", "date, before string"),
    ]


def test_a_rename_without_an_id_is_told_how_to_keep_its_values(tmp_path: Path) -> None:
    """The same field of the source under another name: to drop it is hardly what was meant."""
    text = spoiled(("name: state\n", "name: status\n        physicalName: state\n"))
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": text})
    told = list(problems(root, changed([contract(ORDERS)], [contract(text)])))
    assert "If status is this column, renamed: give state an id" in told[0].remedy
    assert "Set version: 2.0.0" in told[0].remedy


def test_another_engine_is_told_as_such() -> None:
    engine = "    customProperties:\n      - {property: engine, value: spark}"
    found = difference(ORDERS, spoiled(("    customProperties:", engine)))
    assert (found.weight, found.what) == (Weight.NONE, "engine spark, before auto")
