from __future__ import annotations

import re

import pytest

from dataplatform.contracts.formats import FormatFault, moment
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
        ("logicalType: date\nlogicalTypeOptions: {format: MM.yyyy}", '"MM.yyyy" with no day'),
        ("logicalType: date\nlogicalTypeOptions: {format: epoch_seconds}", 'with "e"'),
        ("logicalType: timestamp\nlogicalTypeOptions: {defaultTimezone: CET}", "CET"),
        ("logicalType: timestamp\nlogicalTypeOptions: {defaultTimezone: Europe/Berlim}", "Berlim"),
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


def test_moments_without_a_zone_may_be_of_another_than_utc() -> None:
    said = "logicalTypeOptions: {defaultTimezone: Europe/Berlin}"
    lines = "      - name: changed_at\n        logicalType: timestamp\n"
    found = contract(spoiled((lines, f"{lines}        {said}\n"))).column("changed_at")
    assert (found.zone, found.format) == ("Europe/Berlin", "")


@pytest.mark.parametrize(
    ("format", "kind", "fault"),
    [
        ("dd.MM.yy.yyyy", "date", "the year twice"),
        ("dMyyyy", "date", "M behind d, which may have one digit or two"),
        ("dd.MM.yyyy hh:mm", "timestamp", "h without a"),
        ("dd.MM.yyyy HH:mm a", "timestamp", "a without h"),
        ("dd.MM.yyyy XXX", "date", "an offset of a date"),
        ("dd.MM.yyyy HH:mm.SSS", "timestamp", "a fraction without second"),
        ("dd.MM.yyyy HH", "timestamp", "no minute"),
        ("dd.MM[.yyyy]", "date", "an optional year"),
        ("dd.MM.yyyy[ HH:mm[:ss]]", "timestamp", "a section within a section"),
        ("dd.MM.yyyy HH:mm[:ss", "timestamp", '"[" without "]"'),
        ("dd.MM.yyyy 'Uhr", "date", "' that isn't quoted"),
        ("EEE, dd MMM yyyy", "date", '"EEE"'),
        ("", "date", "no year"),
    ],
)
def test_a_format_that_is_not_understood_is_refused_with_what_of_it(
    format: str, kind: str, fault: str
) -> None:
    with pytest.raises(FormatFault) as caught:
        moment(format, kind)
    assert str(caught.value) == fault


def test_what_is_said_to_write_for_a_time_of_day_can_be_written() -> None:
    (problem,) = problems(_amount("logicalType: time"))
    assert "Spark 3.5 has no type for a time of day" in problem.remedy
    kind, options = problem.remedy.partition("Keep it as text: ")[2].split(", ", 1)
    column = contract(_amount(f"{kind}\n{options}")).column("amount")
    (rule,) = (rule for rule in column.rules if rule.kind == "pattern")
    fits = re.compile(rule.arguments[0]).search
    assert all(map(fits, ("00:00", "09:05", "23:59:59")))
    assert not any(map(fits, ("24:00", "9:05", "12:60", "noon", "12:00:00Z")))
