from __future__ import annotations

import pytest
from pyiceberg.types import DecimalType, PrimitiveType

from dataplatform.adapters.iceberg_types import iceberg_type, widens


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
    ],
)
def test_only_what_keeps_old_files_readable_widens(old: str, new: str, safe: bool) -> None:
    assert widens(iceberg_type(old), iceberg_type(new)) is safe


def test_a_wider_decimal_is_another_type() -> None:
    found: PrimitiveType = iceberg_type("decimal(5,1)")
    assert found == DecimalType(5, 1) != DecimalType(6, 1)
