from __future__ import annotations

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import DecimalType, NestedField

from dataplatform.adapters.iceberg.types import column_type, iceberg_type


@pytest.mark.parametrize(
    ("column_type", "spelt"),
    [
        ("boolean", "boolean"),
        ("int", "int"),
        ("bigint", "long"),
        ("double", "double"),
        ("string", "string"),
        ("date", "date"),
        ("timestamp", "timestamptz"),
        ("decimal(10,4)", "decimal(10, 4)"),
        ("decimal(38, 0)", "decimal(38, 0)"),
    ],
)
def test_every_type_of_a_plan_has_an_iceberg_type(column_type: str, spelt: str) -> None:
    assert str(iceberg_type(column_type)) == spelt


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="'money' is no column type"):
        iceberg_type("money")


@pytest.mark.parametrize(
    "kind",
    [
        "string",
        "timestamp",
        "decimal(10,4)",
        "array<int>",
        "struct<city:string,zip:decimal(5,0)>",
        "array<struct<sku:string,tags:array<array<double>>,geo:struct<lat:decimal(9,6)>>>",
    ],
)
def test_an_iceberg_type_is_a_plans_type_again(kind: str) -> None:
    assert column_type(iceberg_type(kind)) == kind


def test_fields_within_have_numbers_of_their_own() -> None:
    kind = "struct<a:array<struct<b:int,c:int>>,d:struct<e:string>>"
    schema = Schema(NestedField(100, "x", iceberg_type(kind), required=False))
    names = ["x", "x.a", "x.a.element", "x.a.element.b", "x.a.element.c", "x.d", "x.d.e"]
    assert len({schema.find_field(name).field_id for name in names}) == len(names)
    assert not any(schema.find_field(name).required for name in names)


def test_a_wider_decimal_is_another_type() -> None:
    found = iceberg_type("decimal(5,1)")
    assert found == DecimalType(5, 1) != DecimalType(6, 1)
