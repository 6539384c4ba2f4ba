"""Which types a text fits, held against the casts that the engines make."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataplatform.drift.values import fits, form, narrowest, widest
from dataplatform.render.duckdb import to_duckdb
from dataplatform.render.spark_casts import cast

KINDS = (
    "int", "bigint", "decimal(10,4)", "decimal(38,0)", "decimal(5,5)", "decimal(18,2)", "double",
    "boolean", "date", "timestamp",
)  # fmt: skip
NASTY = (
    "", " ", "0", "-0", "+7", "007", "1.", ".5", "1.0", "1.50", "1.5000000", "1,5", "1_000", "1 ",
    " 1", "1\n", "\t1", "٣", "１", "NaN", "Infinity", "-inf", "1d", "0x10", "1e3", "1.5e1",
    "1e-4", "1e-5", "12e-1", "1e400", "1.8e308", "--1", "1e", "2147483647", "2147483648",
    "-2147483649", "9223372036854775807", "9223372036854775808", "999999.9999", "999999.99995",
    "0.00001", "0.12345", "0.123450", "9" * 38, "1" + "0" * 38, "0" * 60 + "1", "1." + "0" * 60,
    "999.999999999999e2", "1e38", "1e37", "0e37", "0e38", "0e-99", "99e-2", "true", "Yes", "n",
    "1982-01-09", "2000-02-29", "1900-02-29", "2023-02-30", "2023-1-9", "0000-01-01",
    "1982-01-09T00:00:00.000000000Z", "1982-01-09 10:00:00", "1982-01-09T00:00:00+01:00",
    "1998-01-07 10:20:30", "1998-01-07T10:20:30.5Z", "1998-01-07T24:00:00", "1998-01-07T10:20",
    "1998-01-07T10:20:30-0330", "1998-01-07T10:20:30+19:00", "1998-01-07T10:20:30z",
)  # fmt: skip

# No fraction before an exponent: DuckDB takes 1.000E16 for a decimal(18,2), one digit too many.
numbers = st.from_regex(
    r"[+-]?([0-9]{0,21}\.?[0-9]{0,7}|[0-9]{1,4}[eE][+-]?[0-9]{1,2})", fullmatch=True
)
moments = st.from_regex(
    r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,10})?"
    r"(Z|[+-][01][0-9]:?[0-9]0)?)?",
    fullmatch=True,
)
texts = st.lists(numbers | moments | st.sampled_from(NASTY), min_size=60, max_size=120)


def taken(kind: str, values: list[str]) -> list[bool]:
    """Whether the engines' cast gives a value."""
    sql = to_duckdb(f"SELECT id, {cast('b.t', kind)} IS NOT NULL AS taken FROM {{bronze}} AS b")
    bronze = pa.table({"id": range(len(values)), "t": pa.array(values, pa.string())})
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("bronze", bronze)
        found = connection.execute(sql.replace("{bronze}", "bronze") + " ORDER BY id").fetchall()
    return [bool(row[1]) for row in found]


@pytest.mark.parametrize("kind", KINDS)
def test_nasty_texts_fit_what_the_engines_cast(kind: str) -> None:
    expected = dict(zip(NASTY, taken(kind, list(NASTY)), strict=True))
    assert {text: fits(text, kind) for text in NASTY} == expected


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None)
@given(values=texts)
def test_any_text_fits_what_the_engines_cast(kind: str, values: list[str]) -> None:
    expected = dict(zip(values, taken(kind, values), strict=True))
    assert {text: fits(text, kind) for text in values} == expected


@given(values=st.lists(numbers | moments | st.text(max_size=8), max_size=12))
def test_the_narrowest_type_takes_every_value(values: list[str]) -> None:
    assert all(fits(value, narrowest(values)) for value in values)


@given(
    one=st.lists(numbers | moments, min_size=1, max_size=6),
    other=st.lists(numbers | moments, min_size=1, max_size=6),
)
def test_the_widest_of_two_types_takes_the_values_of_both(one: list[str], other: list[str]) -> None:
    both = widest(narrowest(one), narrowest(other))
    assert all(fits(value, both) for value in one + other)
    assert both == widest(narrowest(other), narrowest(one))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "string"),
        (["1", "-3"], "int"),
        (["0", "1"], "int"),
        (["1", "3000000000"], "bigint"),
        (["1.5", "20"], "decimal(18,4)"),
        (["1.123456"], "decimal(7,6)"),
        (["1.5e3"], "double"),
        (["01234"], "string"),
        (["yes", "no"], "boolean"),
        (["y", "n"], "string"),
        (["2026-11-21"], "date"),
        (["2026-11-21T10:00:00Z"], "timestamp"),
        (["2026-11-21", "x"], "string"),
    ],
)
def test_types_are_the_ones_that_a_person_would_choose(values: list[str], kind: str) -> None:
    assert narrowest(values) == kind


@given(text=st.text())
def test_a_form_keeps_no_letter_and_no_digit(text: str) -> None:
    assert not [c for c in form(text) if c.isalnum() and c not in "xX9"]
    assert len(form(text)) <= 41


def test_a_form_shows_how_a_value_is_made() -> None:
    assert form("Anna-12@b.de") == "Xxxx-99@x.xx"
