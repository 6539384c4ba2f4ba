"""Fields of objects stand as the contract has them: engines take them by place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.iceberg.types import column_type
from dataplatform.plans.model import Column
from tests.unit.support.evolved import SILVER, contract, rows, write
from tests.unit.support.lakes import COLUMNS, Lake, plan_of

_BEFORE = "struct<nr:string,geo:struct<lat:int,lon:int>,lines:array<struct<sku:string,qty:int>>>"
_ADDED = (
    "struct<vip:boolean,nr:string,geo:struct<alt:int,lat:int,lon:int>,"
    "lines:array<struct<sku:string,tag:string,qty:bigint>>>"
)
_TURNED = "struct<lines:array<struct<qty:int,sku:string>>,geo:struct<lon:int,lat:int>,nr:string>"
_ROW: dict[str, Any] = {
    "nr": "a",
    "geo": {"lat": 1, "lon": 2},
    "lines": [{"sku": "x", "qty": 3}, {"sku": "y", "qty": None}],
}


def _columns(kind: str) -> tuple[Column, ...]:
    return tuple(replace(c, type=kind) if c.name == "city" else c for c in COLUMNS)


@pytest.fixture
def lake(empty_lake: Lake) -> Lake:
    empty_lake.migrate(plan_of(contract("1.0.0", _columns(_BEFORE))))
    write(SILVER, {"store_id": 1, "city": _ROW})
    return empty_lake


@pytest.mark.parametrize("kind", [_ADDED, _TURNED])
def test_fields_stand_where_the_contract_has_them_and_keep_their_values(
    lake: Lake, kind: str
) -> None:
    plan = plan_of(contract("1.1.0", _columns(kind)))
    assert f"{SILVER} order" in lake.migrate(plan)
    assert column_type(open_table(SILVER).schema().find_field("city").field_type) == kind
    (row,) = rows(lake, "city")
    city = row["city"]
    assert (city["nr"], city["geo"]["lat"], city["geo"]["lon"]) == ("a", 1, 2)
    assert [(line["sku"], line["qty"]) for line in city["lines"]] == [("x", 3), ("y", None)]
    assert lake.migrate(plan) == [], "nothing is left to do"


def test_a_rollback_leaves_what_has_come_since_in_its_place(lake: Lake) -> None:
    lake.migrate(plan_of(contract("1.1.0", _columns(_ADDED))))
    before = open_table(SILVER).schema().find_field("city").field_type
    lake.migrate(plan_of(contract("1.0.0", _columns(_BEFORE))), going_back=True)
    assert open_table(SILVER).schema().find_field("city").field_type == before
