from __future__ import annotations

import pytest

from tests.unit.support.contracts import contract, problems, spoiled

AMOUNT = """\
        logicalType: number
        physicalType: DECIMAL(10,4)
        logicalTypeOptions:
          minimum: 0
          maximum: 100
"""


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("logicalType: string", "string"),
        ("logicalType: integer", "int"),
        ("logicalType: integer\nphysicalType: smallint", "int"),
        ("logicalType: integer\nphysicalType: BIGINT", "bigint"),
        ("logicalType: integer\nlogicalTypeOptions: {format: i64}", "bigint"),
        ("logicalType: number\nphysicalType: double precision", "double"),
        ("logicalType: number\nphysicalType: Numeric( 38 , 0 )", "decimal(38,0)"),
        ("logicalType: number\nphysicalType: DECIMAL(9)", "decimal(9,0)"),
        (
            "logicalType: number\nphysicalType: DECIMAL\n"
            "customProperties: [{property: precision, value: 12}, {property: scale, value: 3}]",
            "decimal(12,3)",
        ),
        ("logicalType: boolean", "boolean"),
        ("logicalType: date\nlogicalTypeOptions: {format: yyyy-MM-dd}", "date"),
        ("logicalType: timestamp\nlogicalTypeOptions: {defaultTimezone: Etc/UTC}", "timestamp"),
        ("logicalType: array\nphysicalType: LIST\nitems: {logicalType: integer}", "array<int>"),
        (
            "logicalType: object\nproperties:\n"
            "  - {name: net, logicalType: number, physicalType: 'DECIMAL(9,2)'}\n"
            "  - name: taxes\n    logicalType: array\n"
            "    items: {logicalType: object, properties: [{name: code, logicalType: string}]}",
            "struct<net:decimal(9,2),taxes:array<struct<code:string>>>",
        ),
    ],
)
def test_each_logical_type_has_one_type_here(lines: str, kind: str) -> None:
    assert contract(_amount(lines)).column("amount").type == kind


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("logicalType: number", "nothing"),
        ("logicalType: map", "not supported here yet"),
        ("logicalType: time", "not supported here yet"),
        ("logicalType: integer\nlogicalTypeOptions: {format: u128}", "u128"),
        ("logicalType: date\nphysicalType: INT", "INT"),
        ("logicalType: date\nlogicalTypeOptions: {format: dd.MM.yyyy}", "dd.MM.yyyy"),
        ("logicalType: timestamp\nlogicalTypeOptions: {defaultTimezone: CET}", "other than UTC"),
        ("logicalType: boolean\nlogicalTypeOptions: {minimum: 1}", 'unknown option "minimum"'),
        ("logicalType: string\nlogicalTypeOptions: {maximum: 1}", 'unknown option "maximum"'),
    ],
)
def test_a_type_that_would_be_guessed_or_ignored_is_refused(lines: str, found: str) -> None:
    listed = problems(_amount(lines))
    assert any(found in p.found for p in listed if "amount" in p.field), [str(p) for p in listed]


def _amount(lines: str) -> str:
    indented = "".join(f"        {line}\n" for line in lines.splitlines())
    return spoiled((AMOUNT, indented))
