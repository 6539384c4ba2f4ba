"""What one task does with landed objects: it parses them, and writes files for a commit.

Runs on executors. Small objects are staged as a function stages them, several a task. A large one
of lines is split, once a task has read it for its digest and for how many records begin in each of
its parts; the parser holds the parts to that count.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from dataplatform.adapters.bronze_objects import Rejects, stage_object, stage_part
from dataplatform.adapters.bronze_spool import Spool
from dataplatform.adapters.parquet_files import ParquetFiles
from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.parsing.csv_form import CsvForm
from dataplatform.parsing.parser import parse, parse_part, splittable
from dataplatform.parsing.parts import PART_BYTES, count_by_part, lines_of_part
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms.files import Destination, NewFile, Store, new_files

TO_THE_END: Final = 1 << 62
"""Where an object's last part stops: however large the object is after all."""

_NO_LIMIT: Final = 1 << 62
"""Bytes of a worker's disk that an object may take."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """Objects that are read whole, one after the other."""

    objects: tuple[LandedObject, ...]


@dataclass(frozen=True, kw_only=True)
class Large:
    """An object that is measured, or read whole where it can't be split."""

    landed: LandedObject


@dataclass(frozen=True, kw_only=True)
class Part:
    """The lines of an object that begin in a part of it.

    start, stop: in bytes.
    before, records: how many of the object's records come before the part, and are in it.
    """

    landed: LandedObject
    start: int
    stop: int
    before: int
    records: int
    checksum: str


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A large object: its SHA-256, and how many records begin in each part of it."""

    checksum: str
    records: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a task has to tell.

    rows, rejected: files for bronze and for quarantine.
    measured: of a large object, of which nothing is staged yet.
    torn: a part can't be read, or holds other records than were counted; nothing of its object may
        be kept.
    """

    staged: Staged = field(default_factory=Staged)
    rows: tuple[NewFile, ...] = ()
    rejected: tuple[NewFile, ...] = ()
    measured: Measured | None = None
    torn: bool = False


@dataclass(frozen=True, kw_only=True)
class Stager:
    """Does a batch's tasks; it goes to the executors with each.

    fields, columns: of the contract, as the source calls them and as the table does.
    format_of: an object's format by its key.
    now: when what is rejected is quarantined.
    """

    batch: Batch
    fields: Sequence[str]
    columns: Sequence[str]
    format_of: Callable[[str], str]
    csv: CsvForm
    store: Store
    bronze: Destination
    quarantine: Destination
    now: datetime
    part_bytes: int = PART_BYTES

    @classmethod
    def of(
        cls,
        plan: SilverPlan,
        batch: Batch,
        store: Store,
        to: Callable[[str], Destination],
        *,
        now: datetime,
        part_bytes: int = PART_BYTES,
    ) -> Self:
        """What a plan says of a batch; `to` gives where files of a table (`database.name`) go."""
        return cls(
            batch=batch,
            fields=plan.fields,
            columns=[column.name for column in plan.columns],
            format_of=plan.format_of,
            csv=plan.csv,
            store=store,
            bronze=to(plan.bronze_table),
            quarantine=to(plan.quarantine_table),
            now=now,
            part_bytes=part_bytes,
        )

    def __call__(self, task: Whole | Large | Part) -> Done:
        """Do one task."""
        if isinstance(task, Part):
            return self._part(task)
        if isinstance(task, Large):
            return self._large(task.landed)
        return self._whole(task.objects)

    def _whole(self, objects: Iterable[LandedObject]) -> Done:
        total = Staged()
        with self._files() as (rows, rejects), TemporaryDirectory(dir=_disk()) as room:
            for landed in objects:
                format = self.format_of(landed.key)
                with Spool(Path(room), self.columns, limit=_NO_LIMIT) as spool:
                    total += stage_object(
                        landed,
                        _Content(self.store, landed),
                        partial(parse, format=format, columns=self.fields, csv=self.csv),
                        spool=spool,
                        rows=rows,
                        rejects=rejects,
                    )
            return _done(total, rows, rejects)

    def _large(self, landed: LandedObject) -> Done:
        content = _Content(self.store, landed)
        chunks = iter(content)
        try:
            head = next(chunks, b"")
            if not splittable(head[:2], format=self.format_of(landed.key)):
                return self._whole([landed])
            counts = count_by_part(chain([head], chunks), each=self.part_bytes)
        except UnreadableObject:
            return self._whole([landed])  # it is gone: reading it whole says so
        return Done(measured=Measured(checksum=content.sha256, records=tuple(counts)))

    def _part(self, part: Part) -> Done:
        lines = lines_of_part(partial(self.store.read, part.landed), part.start, part.stop)
        format = self.format_of(part.landed.key)
        blocks = parse_part(lines, format=format, columns=self.fields, first=part.start == 0)
        with self._files() as (rows, rejects):
            try:
                staged = stage_part(
                    part.landed,
                    blocks,
                    columns=self.columns,
                    checksum=part.checksum,
                    before=part.before,
                    rows=rows,
                    rejects=rejects,
                )
            except UnreadableObject:
                return Done(torn=True)
            if staged.source != part.records:
                return Done(torn=True)
            return _done(staged, rows, rejects)

    @contextmanager
    def _files(self) -> Iterator[tuple[ParquetFiles, Rejects[ParquetFiles]]]:
        with (
            self.bronze.files(self.store) as rows,
            self.quarantine.files(self.store) as rejected,
        ):
            yield rows, Rejects(self.batch, rejected, self.now)


class _Content:
    """An object's bytes; `sha256` is of those that were read."""

    def __init__(self, store: Store, landed: LandedObject) -> None:
        self._store, self._landed = store, landed
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._store.read(self._landed, 0):
            self._digest.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        """Hex digest."""
        return self._digest.hexdigest()


def _done(staged: Staged, rows: ParquetFiles, rejects: Rejects[ParquetFiles]) -> Done:
    return Done(
        staged=staged,
        rows=new_files(rows.finish()),
        rejected=new_files(rejects.into.finish()),
    )


def _disk() -> str | None:
    """Where Spark gives its workers room; Python's own choice where it doesn't say."""
    return os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None
