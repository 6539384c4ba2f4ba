"""What Spark stages of a batch is what the function stages: rows, places, reasons, counts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from dataplatform.adapters.bronze import stage
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.plans.model import SilverPlan, SourcePlan
from glue_jobs.transforms import staging
from glue_jobs.transforms.files import NewFile, read_back
from glue_jobs.transforms.units import TO_THE_END, Done, Large, Part, Stager, Whole
from tests.unit.support.lakes import Lake, claimed, csv_bytes, lakes, plan_of, stores
from tests.unit.support.landings import InMemory, LocalOutput, stager_of

PART_BYTES = 700
BATCH = claimed("b1")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
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

    stager = stager_in(tmp_path, plan, {f"stores/{name}": body for name, body in contents.items()})
    parsed = staging.parse_batch(spark, landed, stager)
    assert parsed.staged == counted
    assert counted.rows > 50
    by_place = ("_object", "_position")
    rows = written(stager, parsed.rows)
    assert in_order(rows, *by_place) == in_order(lake.rows(plan.bronze_table), *by_place)
    by_record = ("object", "position", "record")
    rejected = written(stager, parsed.rejected)
    expected = [r | {"quarantined_at": NOW} for r in lake.rows(plan.quarantine_table)]
    assert in_order(rejected, *by_record) == in_order(expected, *by_record)


def test_what_is_read_back_of_files_is_what_they_hold(
    lake: Lake, spark: SparkSession, tmp_path: Path
) -> None:
    stager = stager_in(tmp_path, JSON_PLAN, {"stores/a.json": MANY, "stores/b.json": LINES})
    landed = [an_object("a.json", MANY), an_object("b.json", LINES)]
    parsed = staging.parse_batch(spark, landed, stager)
    fields = bronze_fields(JSON_PLAN)
    like = spark.createDataFrame([], StructType(fields))
    rows = [utc(row) for row in read_back(parsed.rows, stager.store, like).collect()]
    by_place = ("_object", "_position")
    assert in_order(rows, *by_place) == in_order(written(stager, parsed.rows), *by_place)
    assert read_back((), stager.store, like).collect() == []


def test_large_lines_are_measured_and_the_rest_is_read_whole(lake: Lake, tmp_path: Path) -> None:
    landed = [an_object(name, body) for name, body in JSON_OBJECTS.items()]
    stager = stager_in(tmp_path, JSON_PLAN, {})
    tasks = staging._tasks(landed, stager, cores=1)
    kinds = [type(task) for task in tasks]
    assert kinds == sorted(kinds, key=lambda kind: kind is Whole), "long tasks come first"
    large = {task.landed.key for task in tasks if isinstance(task, Large)}
    whole = [one.key for task in tasks if isinstance(task, Whole) for one in task.objects]
    assert {"stores/b-mark.json", "stores/l-one-line.json"} <= large
    assert {"stores/a-lines.json", "stores/e-empty.json"} <= {*whole}
    assert sorted([*large, *whole]) == sorted(one.key for one in landed)


def test_small_objects_share_tasks_and_large_ones_of_csv_have_one_each(
    lake: Lake, tmp_path: Path
) -> None:
    stager = stager_in(tmp_path, stores(), {})
    large, small = an_object("x.csv", b"x" * 5000), [an_object(f"{n}", b"y" * 9) for n in range(60)]
    first, *others = staging._tasks([*small, large], stager, cores=2)
    assert first == Whole(objects=(large,))
    assert len(others) == 6
    assert {len(task.objects) for task in others if isinstance(task, Whole)} == {10}


def test_a_large_object_that_is_packed_is_read_whole_at_once(lake: Lake, tmp_path: Path) -> None:
    packed = an_object("d-packed.json.gz", JSON_OBJECTS["d-packed.json.gz"])
    stager = stager_in(tmp_path, JSON_PLAN, {packed.key: JSON_OBJECTS["d-packed.json.gz"]})
    done = stager(Large(landed=packed))
    assert done.measured is None and done.staged.rows > 60


def test_an_object_larger_than_was_registered_is_read_to_its_end(
    lake: Lake, spark: SparkSession, tmp_path: Path
) -> None:
    landed = an_object("a.json", MANY[:300])
    stager = replace(stager_in(tmp_path, JSON_PLAN, {landed.key: MANY}), part_bytes=100)
    assert staging.parse_batch(spark, [landed], stager).staged == Staged(rows=60)


def test_a_part_that_holds_other_records_than_were_counted_is_torn(
    lake: Lake, tmp_path: Path
) -> None:
    landed = an_object("a.json", MANY)
    stager = stager_in(tmp_path, JSON_PLAN, {landed.key: MANY})
    part = Part(landed=landed, start=0, stop=TO_THE_END, before=0, records=60, checksum="c")
    assert stager(part).staged == Staged(rows=60)
    assert stager(replace(part, records=61)) == Done(torn=True)


def test_a_part_streams_to_its_file(lake: Lake, tmp_path: Path) -> None:
    """Nothing of a part waits for its end."""
    taken = []

    class Endless(InMemory):
        def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
            for number in range(1000):
                taken.append(number)
                yield b'{"store_id": 1}\n' * 10_000

        def create(self, location: str) -> LocalOutput:
            raise Begun

    class Begun(Exception):
        pass

    stager = replace(stager_in(tmp_path, JSON_PLAN, {}), store=Endless({}, tmp_path))
    landed = an_object("a.json", b"")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dataplatform.adapters.parquet_files.ROW_GROUP_BYTES", 100)
        with pytest.raises(Begun):
            stager(Part(landed=landed, start=0, stop=TO_THE_END, before=0, records=1, checksum=""))
    assert len(taken) < 100


def stager_in(
    root: Path, plan: SilverPlan, contents: Mapping[str, bytes], part_bytes: int = PART_BYTES
) -> Stager:
    """What stages the batch's objects, in files on the disk."""
    store = InMemory(contents, root)
    return stager_of(plan, BATCH, store, now=NOW, part_bytes=part_bytes)


def written(stager: Stager, files: Sequence[NewFile]) -> list[dict[str, Any]]:
    """The rows of files."""
    rows = []
    for file in files:
        with stager.store.open(file.location, file.size) as source:
            rows += pq.read_table(source).to_pylist()
    return rows


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
    schema = open_table(plan.bronze_table).schema()
    return [StructField(f.name, _SPARK_TYPES[str(f.field_type)]) for f in schema.fields]


def utc(row: Any) -> dict[str, Any]:
    """A row as PyIceberg gives it: Spark's times have the machine's zone, unsaid."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in row.asDict().items()
    }


def in_order(rows: Any, *names: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps([row[name] for name in names]))
