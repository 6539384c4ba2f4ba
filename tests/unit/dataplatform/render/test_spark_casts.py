"""Casts in Spark against what Python's decimal and datetime make of the same text.

Numbers are asked of DuckDB, too, which is given the same casts: its own differ at the limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts.types import decimal_parts
from dataplatform.render.duckdb import expression_to_duckdb
from dataplatform.render.spark_casts import cast

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

KINDS = (
    "int", "bigint", "double", "decimal(1,0)", "decimal(5,2)", "decimal(5,5)", "decimal(10,4)",
    "decimal(18,0)", "decimal(18,2)", "decimal(19,0)", "decimal(28,10)", "decimal(38,0)",
    "decimal(38,2)", "decimal(38,35)",
)  # fmt: skip
_ZONE = "spark.sql.session.timeZone"
EPOCH = datetime(1970, 1, 1)
PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)")
SCIENTIFIC = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,12})?[eE]([+-]?[0-9]{1,2})")
FLOATING = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")

NASTY_NUMBERS = (
    "", " ", "0", "-0", "+7", "007", "1.", ".5", "1.0", "1.50", "1.5000000", "1,5", "1_000", "1 ",
    " 1", "1\n", "\t1", "٣", "１", "NaN", "Infinity", "-inf", "1d", "1f", "0x10", "1e3", "1E3",
    "1.5e1", "1.5e0", "1e-4", "1e-5", "12e-1", "1e400", "1e308", "1.8e308", "--1", "+-1", "1e",
    "e1",
    "2147483647.0", "2147483648.0", "-2147483649.0", "2147483648e0", "9223372036854775808.0",
    "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "999999.9999", "999999.99995", "1000000",
    "0.00001", "0.12345", "0.123450", "9" * 38, "1" + "0" * 38, "0" * 60 + "1", "1." + "0" * 60,
    "0.1" + "0" * 60, "0.00000000000000000000000000000000000000000000000001", "true", "null",
    "None",
    "123456789012345678e0", "999.999999999999e2", "1e38", "1e37", "0e37", "0e38", "0e-99", "99e-2",
    "1E16", "1.000E16", "-1.000E16", "9.999E15", "0.1E17", "100e14", "99.99e14", "1e18", "1.0e18",
    "1.000e3", "9.999e2", "999.99e0", "10e-1", "010.000e-1", "0.001e19", "9.50e35", "99.9e36",
    "1.000e36", "0.1e37", "-099.999999999e15", "1e-40", "1e-35", "1E400", "1E999999999",
    "-1E999999999", "1e-999999999", "1e99999999999999999999", "0e999999999",
)  # fmt: skip

DATES = {
    "1982-01-09": date(1982, 1, 9),
    "2000-02-29": date(2000, 2, 29),
    "0001-01-01": date(1, 1, 1),
    "9999-12-31": date(9999, 12, 31),
    "1982-01-09 00:00:00": date(1982, 1, 9),
    "1982-01-09T00:00:00.000000000Z": date(1982, 1, 9),
    **dict.fromkeys(
        (
            "1900-02-29", "2023-02-30", "2023-13-01", "2023-00-10", "2023-1-9", "23-01-09",
            "2023/01/09", "09.01.2023", "2023-01-09 ", " 2023-01-09", "2023-01-09\n", "0000-01-01",
            "1982-01-09 10:00:00", "1982-01-09T00:00:00+01:00", "20230109", "12023-01-01", "today",
            "",
        )
    ),
}  # fmt: skip

TIMESTAMPS = {
    "1998-01-07 10:20:30": datetime(1998, 1, 7, 10, 20, 30),
    "1998-01-07T10:20:30Z": datetime(1998, 1, 7, 10, 20, 30),
    "1998-01-07T10:20:30.5Z": datetime(1998, 1, 7, 10, 20, 30, 500_000),
    "1998-01-07T10:20:30.123456789": datetime(1998, 1, 7, 10, 20, 30, 123_456),
    "1998-01-07T10:20:30+02:00": datetime(1998, 1, 7, 8, 20, 30),
    "1998-01-07T10:20:30-0330": datetime(1998, 1, 7, 13, 50, 30),
    "2021-09-26T02:30:00": datetime(2021, 9, 26, 2, 30),  # skipped by the session's clock
    "2021-04-04T02:30:00": datetime(2021, 4, 4, 2, 30),  # twice on the session's clock
    "0001-01-01T00:00:00Z": datetime(1, 1, 1),
    **dict.fromkeys(
        (
            "1998-01-07", "1998-01-07T24:00:00", "1998-01-07T10:20", "1998-01-07T10:60:00",
            "1998-01-07T10:20:60Z",
            "1998-02-30T10:20:30Z", "1998-01-07T10:20:30 Europe/Berlin",
            "1998-01-07T10:20:30+19:00",
            "1998-01-07T10:20:30z", "1998-01-07  10:20:30", "1998-01-07T1:20:30", "884168430",
            "1998-01-07T10:20:30.1234567890", "10:20:30", "now", "1998-01-07T10:20:30Z\n", "",
        )
    ),
}  # fmt: skip


def test_nasty_numbers_are_taken_only_where_nothing_is_lost(spark: SparkSession) -> None:
    _agree(spark, NASTY_NUMBERS)


digits = st.text("0123456789", max_size=24)
numbers = st.builds(
    lambda sign, whole, point, fraction, exponent: sign + whole + point + fraction + exponent,
    st.sampled_from(["", "-", "+"]),
    digits,
    st.sampled_from(["", "."]),
    digits,
    st.sampled_from(["", "e0", "e1", "E+5", "e-3", "e-12", "e15", "e37", "e99"]),
)
scientific = st.builds(  # about the limits of all kinds: few digits, exponents of their size
    lambda sign, whole, fraction, e, power: f"{sign}{whole}{fraction}{e}{power}",
    st.sampled_from(["", "-", "+"]),
    st.sampled_from(["0", "1", "9", "10", "99", "100", "999", "001", "010"]),
    st.sampled_from(["", ".0", ".000", ".1", ".9", ".99", ".999", ".001", ".999999999999"]),
    st.sampled_from(["e", "E", "e+0"]),
    st.integers(0, 39),
) | st.builds(
    lambda digit, zeros, power: f"{digit}{zeros}e-{power}",
    st.integers(1, 9),
    st.sampled_from(["", "0", "00", "0.0", "00.000"]),
    st.integers(0, 41),
)
noise = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


# Many values an example, few examples: a query costs far more than a row.
few_queries = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@few_queries
@given(texts=st.lists(numbers | scientific | noise, min_size=150, max_size=200))
def test_numbers_of_every_shape_agree_with_python(spark: SparkSession, texts: list[str]) -> None:
    _agree(spark, texts)


@few_queries
@given(moments=st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), min_size=100))
def test_every_instant_is_read_back(spark: SparkSession, moments: list[datetime]) -> None:
    texts = {moment.isoformat(sep="T") + "Z": moment for moment in moments}
    assert _instants(spark, list(texts)) == texts
    with _session_in(spark, "UTC"):
        assert _instants(spark, list(texts)) == texts


def test_dates_are_iso_days(spark: SparkSession) -> None:
    assert _cast(spark, "date", list(DATES)) == DATES


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "UTC"])
def test_timestamps_are_iso_and_utc_where_they_name_no_zone(spark: SparkSession, zone: str) -> None:
    with _session_in(spark, zone):
        assert _instants(spark, list(TIMESTAMPS)) == TIMESTAMPS


def test_a_session_in_utc_reads_no_zone_of_what_ends_in_z(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("1998-01-07T10:20:30Z",)], "s string")
    planned = []
    for zone in ("UTC", "Pacific/Auckland"):
        with _session_in(spark, zone):
            query = frame.select(F.expr(cast("s", "timestamp")).alias("t"))._jdf.queryExecution()
            planned.append(query.optimizedPlan().toString())
    assert [plan.count("substring_index") for plan in planned] == [1, 0]
    assert [plan.count("concat") for plan in planned] == [0, 1]


def test_booleans_are_words_that_say_yes_or_no(spark: SparkSession) -> None:
    expected: dict[str, bool | None] = dict.fromkeys(("true", "TRUE", "t", "Yes", "y", "1"), True)
    expected |= dict.fromkeys(("false", "False", "f", "NO", "n", "0"), False)
    expected |= dict.fromkeys(("", " true", "2", "on", "off", "null", "wahr", "1.0"), None)
    assert _cast(spark, "boolean", list(expected)) == expected


def test_text_stays_as_it_is(spark: SparkSession) -> None:
    texts = ["", " a ", "NULL", "ü\n", "'"]
    assert _cast(spark, "string", texts) == {text: text for text in texts}


def _agree(spark: SparkSession, texts: Sequence[str]) -> None:
    frame = spark.createDataFrame([(text,) for text in texts], "s string")
    rows = frame.select("s", *(F.expr(cast("s", kind)).alias(kind) for kind in KINDS)).collect()
    expected = {(text, kind): _number(kind, text) for text in texts for kind in KINDS}
    assert {(row["s"], kind): row[kind] for row in rows for kind in KINDS} == expected
    with duckdb.connect() as connection:
        casts = ", ".join(expression_to_duckdb(cast("s", kind)) for kind in KINDS)
        source = "(SELECT unnest(?) AS s)"
        for text, *values in connection.execute(
            f"SELECT s, {casts} FROM {source}", [texts]
        ).fetchall():
            found = dict(zip(KINDS, values, strict=True))
            assert found == {kind: expected[text, kind] for kind in KINDS}, text


def _cast(
    spark: SparkSession, kind: str, texts: Sequence[str], wrap: Callable[[str], str] = str
) -> dict[str, Any]:
    frame = spark.createDataFrame([(text,) for text in texts], "s string")
    return dict(frame.selectExpr("s", wrap(cast("s", kind))).collect())


def _instants(spark: SparkSession, texts: Sequence[str]) -> dict[str, datetime | None]:
    found = _cast(spark, "timestamp", texts, lambda sql: f"unix_micros({sql})")
    return {
        text: None if micros is None else EPOCH + timedelta(microseconds=micros)
        for text, micros in found.items()
    }


@contextmanager
def _session_in(spark: SparkSession, zone: str) -> Iterator[None]:
    before = str(spark.conf.get(_ZONE))
    spark.conf.set(_ZONE, zone)
    try:
        yield
    finally:
        spark.conf.set(_ZONE, before)


def _number(kind: str, text: str) -> Any:
    """The value that a text has as a number of this kind, None where it isn't exactly one."""
    if kind == "double":
        value = float(text) if FLOATING.fullmatch(text) else float("inf")
        return value if abs(value) < float("inf") else None
    scientific = SCIENTIFIC.fullmatch(text)
    if not (PLAIN.fullmatch(text) or (scientific and int(scientific[2]) <= 37)):
        return None
    exact = Decimal(text)
    precision, scale = decimal_parts(kind) or (0, 0)
    if not scale and text.lstrip("+-").startswith("."):
        return None  # `.0` is no way to write a whole number
    if precision:
        with localcontext(prec=200):
            whole = exact.scaleb(scale)
            fits = whole == whole.to_integral_value() and abs(whole) < 10**precision
        return exact if fits else None
    limit = 2**31 if kind == "int" else 2**63
    return int(exact) if exact == exact.to_integral_value() and -limit <= exact < limit else None
