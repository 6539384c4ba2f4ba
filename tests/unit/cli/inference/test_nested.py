"""Objects and arrays of a sample: what is proposed of them, and where they stay text."""

from __future__ import annotations

import json

import pytest

from cli.inference.document import contract_text
from cli.inference.model import ProposedColumn
from cli.inference.nested import parts_of
from cli.inference.propose import compiled
from tests.unit.cli.inference.conftest import Proposed

ORDERS = (
    '{"order_id":1,"address":{"City":"Rom","zip":"00100","geo":{"lat":41.902782}},'
    '"lines":[{"sku":"a","qty":1,"price":1.10,"at":"2026-11-01T10:00:00Z"}],"tags":[]}\n'
    '{"order_id":2,"address":{"City":"Bari","Phone No":null,"geo":null},'
    '"lines":[{"sku":"b","qty":2,"price":2},{"sku":"c","qty":3,"gift":true}],"tags":["x"]}\n'
    '{"order_id":3,"address":null,"lines":[]}\n'
)


def test_values_that_are_built_alike_are_proposed_as_objects_and_arrays(
    proposed: Proposed,
) -> None:
    proposal = proposed("a.jsonl", ORDERS)
    types = {column.name: column.type for column in proposal.columns}
    assert types["address"] == (
        "struct<city:string,zip:string,geo:struct<lat:decimal(18,6)>,phone_no:string>"
    )
    assert types["lines"] == (
        "array<struct<sku:string,qty:int,price:decimal(18,4),at:timestamp,gift:boolean>>"
    )
    assert types["tags"] == "array<string>"
    plan = compiled(proposal, "contracts/shop/a.odcs.yaml")
    required = [check.column for check in plan.checks if check.kind == "required"]
    assert required == [
        "order_id", "address.city", "address.geo.lat", "lines", "lines[].sku", "lines[].qty",
    ]  # fmt: skip
    text = contract_text(proposal)
    assert "physicalName: City" in text
    assert '          - name: phone_no\n            physicalName: "Phone No"\n' in text
    assert "            classification: pii" in text


@pytest.mark.parametrize(
    "values",
    [
        ['{"a":1}', "[1]"],
        ['{"a":1}', '{"a":{"b":1}}'],
        ['{"a":1}', "7"],
        ["{}"],
        ['{"a":1,"A":2}'],
        [json.dumps({f"k{n}": 1 for n in range(60)})],
        ["[" * 9 + "]" * 9],
        ["[1,[2]]"],
    ],
)
def test_what_is_not_alike_stays_text(values: list[str]) -> None:
    assert parts_of(values) is None


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["[1,2]", "[]"], "array<int>"),
        (["[]"], "array<string>"),
        (['[1,"x"]'], "array<string>"),
        (["[[1.5],[]]"], "array<array<decimal(18,4)>>"),
        (['["2026-11-21"]'], "array<date>"),
        (['["12"]'], "array<string>"),
        (["[9007199254740993]"], "array<bigint>"),
        (['{"zip":1234}'], "struct<zip:string>"),
    ],
)
def test_the_type_at_a_path_takes_its_values(values: list[str], kind: str) -> None:
    found = parts_of(values)
    assert isinstance(found, ProposedColumn)
    assert found.type == kind


def test_what_refuses_a_value_of_the_sample_is_text_there_alone(proposed: Proposed) -> None:
    rows = "".join(f'{{"o":{{"n":{n},"word":"w"}}}}\n' for n in range(1_200))
    proposal = proposed("a.jsonl", rows + '{"o":{"n":1e400,"word":"w"}}\n')
    (column,) = proposal.columns
    assert column.type == "struct<n:string,word:string>"
    assert "not every value is of one type" in contract_text(proposal)
