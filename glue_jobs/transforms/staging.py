"""A batch's landed objects to rows of bronze and records of quarantine, by the one parser.

The objects are parsed once, in units side by side, and what comes out waits on executors' disks:
what a unit holds, and whether its object is readable at all, is known at its end only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructField

from dataplatform.errors import BooksUnbalanced, UnreadableObject
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.naming import BronzeColumn
from dataplatform.parsing.model import as_json
from dataplatform.parsing.parser import splittable
from dataplatform.parsing.parts import PART_BYTES, parts
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms.units import TO_THE_END, Objects, Reader, Unit, schema

_PLACES = (
    "unit int, before bigint, object string, version string, checksum string, arrived_at timestamp"
)


@dataclass
class Parsed:
    """A batch's records, on the executors' disks until `release`."""

    staged: Staged
    records: DataFrame
    places: DataFrame
    unreadable: Mapping[LandedObject, str]
    _cached: list[DataFrame] = field(default_factory=list)

    def release(self) -> None:
        """Free the disks."""
        for frame in self._cached:
            frame.unpersist()


@dataclass(frozen=True)
class _Found:
    """How a unit ended, and how many records it holds."""

    rows: int
    rejected: int
    digest: str | None
    fault: str | None


def parse_batch(
    spark: SparkSession,
    plan: SilverPlan,
    landed: Sequence[LandedObject],
    objects: Objects,
    *,
    part_bytes: int = PART_BYTES,
    format_of: Callable[[str], str] | None = None,
) -> Parsed:
    """Parse a batch's objects: large ones of lines in parts, beside a task that takes the digest.

    A part doesn't know its place in the object. So where one finds the object unreadable, that is
    read again from its beginning: the reason is then the one that names the place.

    Args:
        format_of: an object's format by its key; as the plan says if not told.
    """
    formats = {one.key: (format_of or plan.format_of)(one.key) for one in landed}
    work = _units(formats, landed, objects, part_bytes)
    first, found = _read(spark, plan, work, objects, formats, numbered_from=0)
    cached = [first]
    torn = {
        unit.landed: None
        for unit, ended in zip(work, found, strict=True)
        if unit.kind != "whole" and ended.fault
    }
    if torn:
        again = [Unit(landed=one, kind="whole") for one in torn]
        second, ends = _read(spark, plan, again, objects, formats, numbered_from=len(work))
        cached.append(second)
        work, found = [*work, *again], [*found, *ends]
    ended = list(zip(range(len(work)), work, found, strict=True))
    good = [each for each in ended if each[1].kind == "whole" or each[1].landed not in torn]
    unreadable = {unit.landed: end.fault for _, unit, end in good if end.fault}
    kept = [each for each in good if not each[2].fault]
    rows, rejected = sum(end.rows for *_, end in kept), sum(end.rejected for *_, end in kept)
    records = cached[0] if len(cached) == 1 else cached[0].unionByName(cached[1])
    return Parsed(
        staged=Staged(rows=rows, unreadable=rejected + len(unreadable)),
        records=records,
        places=spark.createDataFrame(list(_places(kept)), _PLACES),
        unreadable=unreadable,
        _cached=cached,
    )


def bronze_rows(
    parsed: Parsed, plan: SilverPlan, batch: Batch, table: Sequence[StructField]
) -> DataFrame:
    """Rows in the bronze table's columns; one that the contract no longer has is null."""
    made: dict[str, Column] = {
        BronzeColumn.EXTRA: F.col("extra"),
        BronzeColumn.BATCH_ID: F.lit(batch.batch_id),
        BronzeColumn.OBJECT: F.col("object"),
        BronzeColumn.VERSION: F.col("version"),
        BronzeColumn.CHECKSUM: F.col("checksum"),
        BronzeColumn.POSITION: F.col("before") + F.col("position"),
        BronzeColumn.ARRIVED_AT: F.col("arrived_at"),
        BronzeColumn.OP: F.col("op"),
    }
    made |= {column.name: F.col(f"c{number}") for number, column in enumerate(plan.columns)}
    columns = [made.get(c.name, F.lit(None).cast(c.dataType)).alias(c.name) for c in table]
    return _placed(parsed).where(F.col("op").isNotNull()).select(*columns)


def quarantined(spark: SparkSession, parsed: Parsed, batch: Batch, *, now: datetime) -> DataFrame:
    """Rejected records, and a record without a position for each unreadable object."""
    known = {"dataset": batch.dataset, "batch_id": batch.batch_id, "run_id": batch.run_id}
    stamps = [F.lit(value).alias(name) for name, value in known.items()]
    at = F.lit(now).alias("quarantined_at")
    place = [
        F.col("object"),
        F.col("version"),
        F.col("position"),
        F.col("record"),
        F.col("reasons"),
    ]
    records = (
        _placed(parsed)
        .where(F.col("record").isNotNull())
        .withColumn("position", F.col("before") + F.col("position"))
        .select(*stamps, *place, at)
    )
    if not parsed.unreadable:
        return records
    whole = [
        (one.key, one.version or "null", None, None, as_json([reason]))
        for one, reason in parsed.unreadable.items()
    ]
    shape = "object string, version string, position bigint, record string, reasons string"
    return records.unionByName(spark.createDataFrame(whole, shape).select(*stamps, *place, at))


def _units(
    formats: Mapping[str, str], landed: Sequence[LandedObject], objects: Objects, part_bytes: int
) -> list[Unit]:
    """Long tasks first: none of them is to be begun last, with nothing beside it."""
    long: list[Unit] = []
    short: list[Unit] = []
    for one in sorted(landed, key=lambda one: -one.size):
        if one.size <= part_bytes or not _splittable(formats[one.key], one, objects):
            long.append(Unit(landed=one, kind="whole"))
            continue
        long.append(Unit(landed=one, kind="digest"))
        *ranges, last = parts(one.size, each=part_bytes)
        for start, stop in (*ranges, (last[0], TO_THE_END)):
            short.append(Unit(landed=one, kind="part", start=start, stop=stop))
    return long + short


def _splittable(format: str, landed: LandedObject, objects: Objects) -> bool:
    try:
        head = next(objects.read(landed, 0), b"")
    except UnreadableObject:
        return False  # it is gone: reading it whole says so
    return splittable(head[:2], format=format)


def _read(
    spark: SparkSession,
    plan: SilverPlan,
    work: Sequence[Unit],
    objects: Objects,
    formats: dict[str, str],
    *,
    numbered_from: int,
) -> tuple[DataFrame, list[_Found]]:
    """Read units, one a task; their records, which wait on disk, and how each unit ended."""
    reader = Reader(work, formats, plan.fields, objects, plan.csv)
    numbers = spark.range(0, len(work), 1, len(work))
    read = numbers.mapInArrow(reader, from_arrow_schema(schema(len(plan.columns))))
    frame = read.withColumn("unit", F.col("unit") + numbered_from).persist(StorageLevel.DISK_ONLY)
    ended = F.col("op").isNull() & F.col("record").isNull()
    counted = frame.groupBy("unit").agg(
        F.count("op").alias("rows"),
        F.count("record").alias("rejected"),
        F.max("digest").alias("digest"),
        F.max("fault").alias("fault"),
        F.count(F.when(ended, 1)).alias("ends"),
    )
    found = {row["unit"] - numbered_from: row for row in counted.collect()}
    if any(number not in found or found[number]["ends"] != 1 for number in range(len(work))):
        raise BooksUnbalanced(
            f"{plan.dataset}: of {len(work)} parts of objects, not each was read once to its end",
            why="Records would be lost or doubled; nothing is staged.",
            remedy="Run again; the job's log has what the executors say.",
        )
    ends = [found[number] for number in range(len(work))]
    return frame, [_Found(e["rows"], e["rejected"], e["digest"], e["fault"]) for e in ends]


def _places(
    kept: Sequence[tuple[int, Unit, _Found]],
) -> Iterator[tuple[int, int, str, str, str | None, datetime]]:
    """Of each unit its object, and how many of the object's records come before it."""
    digests = {unit.landed: end.digest for _, unit, end in kept if unit.kind != "part"}
    before: dict[LandedObject, int] = {}
    for number, unit, end in sorted(kept, key=lambda each: each[1].start):
        one = unit.landed
        arrived = datetime.fromisoformat(one.arrived_at)
        so_far = before.get(one, 0)
        yield number, so_far, one.key, one.version or "null", digests[one], arrived
        before[one] = so_far + end.rows + end.rejected


def _placed(parsed: Parsed) -> DataFrame:
    """The records with their places; those of unreadable objects have none and are left out."""
    return parsed.records.join(F.broadcast(parsed.places), "unit")
