"""What Spark stages of a batch is what the function stages: rows, places, reasons, counts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import LongType, StringType, StructField, TimestampType

from dataplatform.adapters import iceberg
from dataplatform.adapters.bronze import stage
from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.plans.model import SilverPlan, SourcePlan
from glue_jobs.transforms import staging
from glue_jobs.transforms.units import Reader, Unit
from tests.unit.support.lakes import Lake, claimed, csv_bytes, lakes, plan_of, stores
from tests.unit.support.landings import InMemory

PART_BYTES = 700
BATCH = claimed("b1")
JSON_PLAN = stores(source=SourcePlan(kind="s3", format="json"))
_SPARK_TYPES = {"string": StringType(), "long": LongType(), "timestamptz": TimestampType()}

LINES = (
    b'{"store_id": 1, "city": "K\xc3\xb6ln", "area": 1.10}\n'
    b'{"store_id": 2, "city": "\xe6\x9d\xb1 \xf0\x9f\x98\x80", "more": {"a": [1e400]}}\r\n'
    b"\n \t\r\n"
    b'{"store_id": 3, \n'
    b"null\n"
    b'{"store_id": 4, "city": "\\ud800"}\n'
    b'\xef\xbb\xbf{"store_id": 5}\n'
    b'{"_op": "delete", "store_id": 6}\n'
    b'{"_op": "?", "store_id": 7}\n'
    b'{"store_id": 12345678901234567890123456789, "opened_at": "2026-01-01T00:00:00+13:00"}\n'
)
MANY = b"".join(b'{"store_id": %d, "city": "%s"}\n' % (n, b"x" * (n % 50)) for n in range(60))
JSON_OBJECTS = {
    "a-lines.json": LINES,
    "b-mark.json": b"\xef\xbb\xbf" + LINES + MANY,
    "c-no-end.json": LINES * 2 + b'{"store_id": 8}',
    "d-packed.json.gz": gzip.compress(LINES) + gzip.compress(MANY),
    "e-empty.json": b"",
    "f-blank.json": b"\n \r\n" * 60,
    "g-not-utf-8.json": MANY + LINES + b'{"city": "K\xf6ln"}\n' + MANY,
    "h-cut-character.json": MANY + b'{"city": "K\xc3\n',
    "i-nul.json": MANY + b'{"city": "a\0b"}\n' + MANY,
    "j-utf-16.json": "{}\n".encode("utf-16") * 40,
    "k-cut-pack.json.gz": gzip.compress(LINES)[:-9],
    "l-one-line.json": b'{"store_id": 9, "city": "'
    + b"y" * 5 * PART_BYTES
    + b'"}\n{"store_id": 1}',
    "m-array.json": b"[" + MANY.replace(b"\n", b",\n") + b"{}]",
}
CSV_OBJECTS = {
    "a.csv": csv_bytes((1, "Bil\nbao", "", ""), ("short",), (3, 'a "b"', "1,5", "")),
    "b-wide.csv": csv_bytes(*[(n, "line\r\n\n" * 9, n, None) for n in range(30)]),
    "c-open-quote.csv": csv_bytes((1, "x", "", "")) + b'2,"never closed,,\n' * 20,
    "d-header.csv": b"wrong,header\n1,2\n",
    "e-packed.csv.gz": gzip.compress(csv_bytes(*[(n, "z", "", "") for n in range(50)])),
}


@pytest.fixture
def lake(aws: None) -> Iterator[Lake]:
    with lakes() as lake:
        lake.migrate(plan_of())
        yield lake


@pytest.mark.parametrize(
    ("plan", "contents"),
    [(JSON_PLAN, JSON_OBJECTS), (stores(), CSV_OBJECTS)],
    ids=["json", "csv"],
)
def test_spark_stages_what_the_function_stages(
    plan: SilverPlan, contents: dict[str, bytes], lake: Lake, spark: SparkSession, tmp_path: Path
) -> None:
    landed = [lake.land(name, body) for name, body in contents.items()]
    landed.append(gone := lake.land("z-deleted.json", MANY))
    lake.s3.delete_object(Bucket="landing", Key=gone.key, VersionId=gone.version)
    counted = stage(plan, BATCH, landed, s3=lake.s3, directory=tmp_path, limit=10**8)

    objects = InMemory({f"stores/{name}": body for name, body in contents.items()})
    parsed = staging.parse_batch(spark, plan, landed, objects, part_bytes=PART_BYTES)
    try:
        rows = staging.bronze_rows(parsed, plan, BATCH, bronze_fields(plan)).collect()
        now = datetime(2026, 11, 21, tzinfo=UTC)
        rejected = staging.quarantined(spark, parsed, BATCH, now=now).collect()
    finally:
        parsed.release()
    assert parsed.staged == counted
    assert counted.rows > 50
    by_place = ("_object", "_position")
    assert in_order(map(utc, rows), *by_place) == in_order(lake.rows(plan.bronze_table), *by_place)
    by_record = ("object", "position", "record")
    expected = [r | {"quarantined_at": now} for r in lake.rows(plan.quarantine_table)]
    assert in_order(map(utc, rejected), *by_record) == in_order(expected, *by_record)


def test_large_lines_are_split_and_the_rest_is_read_whole() -> None:
    objects = {**JSON_OBJECTS, "x-rejected.json": b""}
    landed = [an_object(name, body) for name, body in objects.items()]
    reader = InMemory({f"stores/{name}": body for name, body in objects.items()})
    work = staging._units({one.key: "json" for one in landed}, landed, reader, PART_BYTES)
    split = {unit.landed.key for unit in work if unit.kind == "digest"}
    whole = {unit.landed.key for unit in work if unit.kind == "whole"}
    assert {"stores/b-mark.json", "stores/l-one-line.json"} <= split
    assert {"stores/d-packed.json.gz", "stores/e-empty.json"} <= whole
    assert split | whole == {one.key for one in landed}
    assert not split & whole
    kinds = [unit.kind for unit in work]
    assert "part" not in kinds[: kinds.index("part")] and set(kinds[kinds.index("part") :]) == {
        "part"
    }


def test_of_csv_nothing_is_split() -> None:
    landed = an_object("b-wide.csv", CSV_OBJECTS["b-wide.csv"])
    reader = InMemory({landed.key: CSV_OBJECTS["b-wide.csv"]})
    whole = Unit(landed=landed, kind="whole")
    assert staging._units({landed.key: "csv"}, [landed], reader, 10) == [whole]


def test_an_object_larger_than_was_registered_is_read_to_its_end(spark: SparkSession) -> None:
    landed = an_object("a.json", MANY[:300])
    objects = InMemory({landed.key: MANY})
    parsed = staging.parse_batch(spark, JSON_PLAN, [landed], objects, part_bytes=100)
    parsed.release()
    assert parsed.staged == Staged(rows=60)


def test_memory_holds_a_block_at_a_time() -> None:
    """A whole object goes through a task as a stream: nothing of it waits for its end."""
    landed = an_object("a.json", b"")
    taken = []

    class Endless:
        def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
            for number in range(1000):
                taken.append(number)
                yield b'{"store_id": 1}\n' * 100

    unit = Unit(landed=landed, kind="whole")
    reader = Reader([unit], {landed.key: "json"}, ["store_id"], Endless())
    first = next(reader._read(0))
    assert first.num_rows == 100
    assert len(taken) <= 2


def an_object(name: str, body: bytes) -> LandedObject:
    return LandedObject(
        dataset="stores",
        bucket="landing",
        key=f"stores/{name}",
        version="",
        size=len(body),
        checksum="",
        arrived_at="2026-11-21T09:00:00Z",
    )


def bronze_fields(plan: SilverPlan) -> list[StructField]:
    """The bronze table's columns as Spark sees them."""
    schema = iceberg.open_table(plan.bronze_table).schema()
    return [StructField(f.name, _SPARK_TYPES[str(f.field_type)]) for f in schema.fields]


def utc(row: Any) -> dict[str, Any]:
    """A row as PyIceberg gives it: Spark's times have the machine's zone, unsaid."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in row.asDict().items()
    }


def in_order(rows: Any, *names: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps([row[name] for name in names]))
