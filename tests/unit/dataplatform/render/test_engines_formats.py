"""Formats of dates, times and numbers: Python's reading and both engines' give the same values."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from dataplatform.contracts.formats import EPOCHS, NUMBERS, plain
from dataplatform.drift.values import fits_as
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import Column, fill
from dataplatform.render.duckdb import expression_to_duckdb, silver_to_duckdb
from dataplatform.render.spark import SparkRenderer
from dataplatform.render.spark_casts import cast
from tests.unit.support.engines import Engines, differences, rows, table

MOMENTS = {
    "date": (
        "dd.MM.yyyy", "d.M.yyyy", "MM/dd/yyyy", "M/d/yy", "yyyyMMdd", "dd-MMM-yyyy", "d MMMM yyyy",
        "MMM d, yyyy", "dd.MM.yyyy HH:mm:ss", "yyyy'年'MM'月'dd'日'", "dd.MM.yyyy[ HH:mm]",
        "'d''e' dd|MM*yyyy", "uuuu/MM/dd",
    ),
    "timestamp": (
        "dd.MM.yyyy HH:mm", "dd.MM.yyyy HH:mm:ss", "d.M.yyyy H:mm[:ss]", "MM/dd/yyyy hh:mm:ss a",
        "M/d/yyyy h:mm a", "yyyyMMddHHmmss", "yyyyMMddHHmmssSSS", "dd/MMM/yyyy:HH:mm:ss Z",
        "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd'T'HH:mm[:ss][.SSS][XXX]", "yyyy/MM/dd HH:mm X",
        "yyyy/MM/dd HH:mmXX", *EPOCHS,
    ),
}  # fmt: skip
NUMBER_TYPES = ("int", "bigint", "double", "decimal(10,2)", "decimal(38,4)")
NASTY = (
    "", " ", "31.12.2026", "31.12.2026\n", " 31.12.2026", "31.02.2026", "1.2.2026", "01.13.2026",
    "29.02.1900", "29.02.2000", "00.01.2026", "31.12.0000", "31.12.12026", "12/31/2026", "2/3/26",
    "20261231", "20260230", "31-DEC-2026", "31-dec-2026", "31-Dez-2026", "1 march 2026",
    "1 mar 2026", "1 marc 2026", "Dec 31, 2026", "31.12.2026 00:00:00", "31.12.2026 00:00",
    "31.12.2026 10:00:00", "2026年12月31日", "d'e 31|12*2026", "٣١.١٢.٢٠٢٦", "31.12.2026 24:00",
    "31.12.2026 23:59", "31.12.2026 23:59:60", "31.12.2026 23:59:59", "1.2.2026 3:04",
    "1.2.2026 3:04:05", "12/31/2026 12:00:00 AM", "12/31/2026 12:00:00 pm",
    "12/31/2026 00:00:00 AM", "12/31/2026 11:59:59 PM", "1/2/2026 1:05 PM", "1/2/2026 13:05 PM",
    "1/2/2026 12:05 AM", "20261231235959", "20261231235959123", "10/Oct/2000:13:55:36 -0700",
    "10/Oct/2000:13:55:36 -1900", "2026-12-31 10:00:00.123", "2026-12-31T10:00",
    "2026-12-31T10:00:01", "2026-12-31T10:00:01.250", "2026-12-31T10:00:01.250+02:00",
    "2026-12-31T10:00Z", "2026/12/31 10:00 +02", "2026/12/31 10:00 +0230", "2026/12/31 10:00 Z",
    "2026/12/31 10:00-0100", "2026/12/31", "0", "-1", "1700000000", "1700000000123", "1e9",
    "253402300799", "253402300800", "-62135596800", "-62135596801", "253402300799999",
    "999999999999", "999999999999999", "9999999999999999", "1.5", "+1",
    "1,5", "1.234,56", "1.234.567,89", "1234,56", "12.34,56", "1.234", "-1.234,5", "+,5", ",",
    "1,", "1 234,56", "1\u00a0234,56", "1\u202f234,56", "1'234.56", "1’234.56", "1,234.56",
    "1,234,567", "1.234.56", "1234.56", "1,5e3", "0,10", "2.147.483.647", "2.147.483.648",
    "99.999.999,99", "100.000.000,00", "NaN", "--1",
)  # fmt: skip
DRAWS = 300
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata")
CLOCKS = [
    *(f"2026-{day}T{hour:02}:{minute}:00" for day in ("03-29", "10-25", "03-08", "11-01", "10-04",
      "04-05", "07-01") for hour in range(5) for minute in (15, 45)),
    "2011-12-30T10:00:00", "1900-01-01T00:00:00", "1945-05-24T02:30:00.123456",
    "2026-07-01T12:00:00Z", "2026-07-01T12:00:00+05:30", "2026-07-01 12:00:00-0330",
]  # fmt: skip
"""Around clocks' changes: hours that are twice, and that aren't."""


def _columns(kinds: tuple[str, ...]) -> list[Column]:
    formats = [(kind, one) for kind in kinds for one in MOMENTS.get(kind, tuple(NUMBERS))]
    return [Column(name=f"c{n}", type=kind, format=one) for n, (kind, one) in enumerate(formats)]


def _texts(seed: int) -> list[str]:
    """Nasty ones, and as many with a letter or two changed."""
    found = list(NASTY)
    draw = random.Random(seed)
    while len(found) < DRAWS:
        text = list(draw.choice(NASTY))
        for _ in range(draw.randint(1, 2)):
            at = draw.randrange(len(text) + 1)
            text[at : at + draw.randint(0, 1)] = draw.choice("0123456789.,:/- TZ+'aM")
        found.append("".join(text))
    return found


def _plain_cast(texts: list[str | None], kind: str) -> list[Any]:
    """What the type's own cast makes of texts."""
    sql = expression_to_duckdb(cast("b.t", kind))
    bronze = pa.table({"id": range(len(texts)), "t": pa.array(texts, pa.string())})
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("b", bronze)
        query = f"SELECT {sql} AS v, id FROM b ORDER BY id"
        return [row["v"] for row in connection.execute(query).to_arrow_table().to_pylist()]


def _micros(text: str, format: str) -> int | None:
    """A moment counted from 1970, in microseconds."""
    digits, each = EPOCHS[format]
    if not re.fullmatch(rf"-?[0-9]{{1,{digits}}}", text):
        return None
    found = int(text) * each
    return found if -62_135_596_800 * 10**6 <= found <= 253_402_300_799_999_999 else None


def _expected(texts: list[str], column: Column) -> list[Any]:
    if column.format not in EPOCHS:
        return _plain_cast([plain(text, column.type, column.format) for text in texts], column.type)
    counted = [_micros(text, column.format) for text in texts]
    return pa.array(counted, pa.timestamp("us", "UTC")).to_pylist()


def _statements(columns: list[Column]) -> tuple[str, str]:
    spark = SparkRenderer(columns, (), ("_checksum", "_position"), "").render()
    return spark.typed, silver_to_duckdb(spark, columns).typed


def _bronze(columns: list[Column], texts: list[str]) -> pa.Table:
    """Each text in every column."""
    kinds = {BronzeColumn.POSITION: "bigint", BronzeColumn.ARRIVED_AT: "timestamp"}
    system = [Column(name=c.value, type=kinds.get(c, "string")) for c in BronzeColumn]
    listed = [Column(name=column.name, type="string") for column in columns]
    found = [
        (*[text] * len(columns), *(n if c == BronzeColumn.POSITION else None for c in BronzeColumn))
        for n, text in enumerate(texts)
    ]
    return table([*listed, *system], found)


def _in_duckdb(columns: list[Column], texts: list[str]) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("bronze", _bronze(columns, texts))
        sql = fill(_statements(columns)[1], bronze="bronze")
        return connection.execute(f"SELECT * FROM ({sql}) ORDER BY _position").to_arrow_table()


@pytest.mark.parametrize("kind", [*MOMENTS, *NUMBER_TYPES])
def test_text_in_a_format_becomes_what_python_reads_in_it(kind: str) -> None:
    columns, texts = _columns((kind,)), _texts(len(kind))
    found = _in_duckdb(columns, texts)
    for column in columns:
        taken = found[column.name].to_pylist()
        expected = _expected(texts, column)
        wrong = [pair for pair in zip(texts, taken, expected, strict=True) if pair[1] != pair[2]]
        assert not wrong, (column.format, wrong[:5])
        fitting = [fits_as(text, kind, column.format) for text in texts]
        assert fitting == [value is not None for value in taken], column.format
        assert any(fitting) and not all(fitting), column.format


def test_what_is_not_in_the_format_is_told_with_the_format() -> None:
    column = Column(name="day", type="date", format="dd.MM.yyyy")
    (reasons,) = _in_duckdb([column], ["2026-12-31"])["_reasons"].to_pylist()
    assert reasons == ["malformed day: '2026-12-31' is not date written as dd.MM.yyyy"]
    secret = replace(column, classification="pii")
    (reasons,) = _in_duckdb([secret], ["2026-12-31"])["_reasons"].to_pylist()
    assert reasons == ["malformed day: not date written as dd.MM.yyyy"]


def test_moments_in_a_format_are_the_ones_that_a_person_reads() -> None:
    wanted = {
        ("d.M.yyyy H:mm[:ss]", "1.2.2026 3:04"): "2026-02-01T03:04:00",
        ("MM/dd/yyyy hh:mm:ss a", "12/31/2026 12:00:01 am"): "2026-12-31T00:00:01",
        ("MM/dd/yyyy hh:mm:ss a", "12/31/2026 12:00:01 PM"): "2026-12-31T12:00:01",
        ("dd/MMM/yyyy:HH:mm:ss Z", "10/Oct/2000:13:55:36 -0700"): "2000-10-10T20:55:36",
        ("yyyyMMddHHmmssSSS", "20261231235959123"): "2026-12-31T23:59:59.123",
        ("epoch_seconds", "1700000000"): "2023-11-14T22:13:20",
        ("epoch_millis", "-1"): "1969-12-31T23:59:59.999",
    }
    for (format, text), iso in wanted.items():
        found = _in_duckdb([Column(name="at", type="timestamp", format=format)], [text])["at"]
        assert found.to_pylist() == [datetime.fromisoformat(iso).replace(tzinfo=UTC)]


@pytest.mark.parametrize("zone", ZONES)
def test_a_moment_without_a_zone_is_of_the_one_that_the_contract_says(zone: str) -> None:
    column = Column(name="at", type="timestamp", zone=zone)
    found = _in_duckdb([column], CLOCKS)["at"].to_pylist()
    moments = [datetime.fromisoformat(text) for text in CLOCKS]
    said = [m if m.tzinfo else m.replace(tzinfo=ZoneInfo(zone)) for m in moments]
    assert found == [moment.astimezone(UTC) for moment in said]


def test_a_zone_goes_with_a_format_and_into_objects() -> None:
    at = Column(name="at", type="timestamp", format="dd.MM.yyyy HH:mm[XXX]", zone="Europe/Berlin")
    within = Column(name="o", type="struct<at:timestamp>", parts=(at,))
    texts = ["01.07.2026 12:00", "01.07.2026 12:00Z"]
    noons = [datetime(2026, 7, 1, hour, tzinfo=UTC) for hour in (10, 12)]
    assert _in_duckdb([at], texts)["at"].to_pylist() == noons
    objects = [json.dumps({"at": text}) for text in texts]
    assert _in_duckdb([within], objects)["o"].to_pylist() == [{"at": noon} for noon in noons]


def test_values_within_objects_and_arrays_may_have_a_format() -> None:
    days = Column(name="", type="date", format="d.M.yy")
    price = Column(name="price", type="decimal(10,2)", format="1.234,56")
    kind = "struct<days:array<date>,price:decimal(10,2)>"
    listed = Column(name="days", type="array<date>", parts=(days,))
    column = Column(name="o", type=kind, parts=(listed, price))
    good, bad = _in_duckdb(
        [column],
        [
            '{"days": ["31.12.26", "1.1.27"], "price": "1.234,5"}',
            '{"days": ["2026-12-31"], "price": 1.5}',
        ],
    ).to_pylist()
    assert good["o"] == {"days": [date(2026, 12, 31), date(2027, 1, 1)], "price": Decimal("1234.5")}
    assert bad["_reasons"] == [
        "malformed o.days[]: '2026-12-31' is not date written as d.M.yy",
        "malformed o.price: '1.5' is not decimal(10,2) written as 1.234,56",
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_both_engines_read_formats_alike(both: Engines) -> None:
    columns = _columns(("date", "timestamp", "decimal(10,2)"))
    columns += [Column(name=f"z{n}", type="timestamp", zone=zone) for n, zone in enumerate(ZONES)]
    both.put("bronze", _bronze(columns, [*_texts(7), *CLOCKS]))
    spark, ours = (fill(sql, bronze="bronze") for sql in _statements(columns))
    names = ["_position", *(column.name for column in columns), "_reasons"]
    by_spark = rows(both.in_spark(spark).sort_by("_position"), names)
    by_duckdb = rows(both.in_duckdb(ours).sort_by("_position"), names)
    assert not differences(by_spark, by_duckdb, names)
