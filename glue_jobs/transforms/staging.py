"""A batch's landed objects to files of bronze and of quarantine, by the one parser.

Workers write the files; what comes back says what they hold. A file of a task that failed, or of an
object that turned out to be unreadable, is in no commit: maintenance removes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from pyspark.sql import SparkSession

from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.parsing.parser import splittable
from dataplatform.parsing.parts import parts
from glue_jobs.transforms.files import NewFile
from glue_jobs.transforms.units import TO_THE_END, Done, Large, Measured, Part, Stager, Whole

_TASKS_OF_A_CORE: Final = 3
"""Enough that no core waits long for the last one, and few enough that files don't get small."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A batch's records, in files that no table has yet."""

    staged: Staged
    rows: tuple[NewFile, ...]
    rejected: tuple[NewFile, ...]


def parse_batch(spark: SparkSession, landed: Sequence[LandedObject], stager: Stager) -> Parsed:
    """Parse a batch's objects and write what they hold.

    Where a part can't be read, its object is read again from its beginning: the reason is then the
    one that names the place.
    """
    tasks = _tasks(landed, stager, spark.sparkContext.defaultParallelism)
    first = _run(spark, stager, tasks)
    split = [
        part
        for task, done in zip(tasks, first, strict=True)
        if isinstance(task, Large) and done.measured
        for part in _parts(task.landed, done.measured, stager.part_bytes)
    ]
    second = _run(spark, stager, split)
    ended = list(zip(split, second, strict=True))
    torn = dict.fromkeys(part.landed for part, done in ended if done.torn)
    again = _run(spark, stager, [Whole(objects=(one,)) for one in torn])
    kept = [*first, *(done for part, done in ended if part.landed not in torn), *again]
    return Parsed(
        staged=sum((done.staged for done in kept), Staged()),
        rows=tuple(file for done in kept for file in done.rows),
        rejected=tuple(file for done in kept for file in done.rejected),
    )


def _run(spark: SparkSession, stager: Stager, tasks: Sequence[Whole | Large | Part]) -> list[Done]:
    """One Spark task each; what the attempt tells that Spark takes."""
    if not tasks:
        return []
    return spark.sparkContext.parallelize(tasks, len(tasks)).map(stager).collect()


def _tasks(landed: Sequence[LandedObject], stager: Stager, cores: int) -> list[Whole | Large]:
    """Long tasks first: none of them is to be begun last, with nothing beside it."""
    long: list[Whole | Large] = []
    short: list[LandedObject] = []
    for one in sorted(landed, key=lambda one: -one.size):
        if one.size <= stager.part_bytes:
            short.append(one)
        elif splittable(b"", format=stager.format_of(one.key)):
            long.append(Large(landed=one))
        else:
            long.append(Whole(objects=(one,)))
    return [*long, *_shared(short, _TASKS_OF_A_CORE * cores, stager.part_bytes)]


def _shared(objects: Sequence[LandedObject], tasks: int, most: int) -> Iterator[Whole]:
    """Objects, the largest first, as so many tasks that read about as much as each other.

    Packed objects hold many times their size: so the tasks are a number first, and more of them
    only where each would read more than `most` bytes.
    """
    wanted = max(tasks, sum(one.size for one in objects) // most)
    shares: list[list[LandedObject]] = [[] for _ in range(min(len(objects), wanted))]
    held = [(0, number) for number in range(len(shares))]
    for one in objects:
        size, number = heappop(held)
        shares[number].append(one)
        heappush(held, (size + one.size, number))
    return (Whole(objects=tuple(share)) for share in shares)


def _parts(landed: LandedObject, measured: Measured, each: int) -> Iterator[Part]:
    before, ranges = 0, parts(len(measured.records) * each, each=each)
    for (start, stop), records in zip(ranges, measured.records, strict=True):
        yield Part(
            landed=landed,
            start=start,
            stop=TO_THE_END if stop == ranges[-1][1] else stop,
            before=before,
            records=records,
            checksum=measured.checksum,
        )
        before += records
