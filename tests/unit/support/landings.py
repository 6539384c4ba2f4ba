"""Landed objects in memory and written ones on the disk, which Spark's workers use as S3's."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pyiceberg.io.pyarrow import schema_to_pyarrow

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.parquet_files import Output
from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.parsing.parts import PART_BYTES
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms.files import Destination, Store
from glue_jobs.transforms.units import Stager


@dataclass(frozen=True)
class InMemory:
    """Contents by key; a key that has none is an object that was deleted.

    root: of what is written.
    """

    contents: Mapping[str, bytes]
    root: Path
    chunk: int = 101

    def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
        """The bytes from an offset on, in small chunks."""
        if landed.key not in self.contents:
            raise UnreadableObject("the object was deleted before it could be read")
        content = self.contents[landed.key]
        for at in range(start, len(content), self.chunk):
            yield content[at : at + self.chunk]

    def create(self, location: str) -> Output:
        """A file."""
        path = self.path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        return LocalOutput(path)

    def open(self, location: str, size: int) -> BinaryIO:
        """A file that was written."""
        path = self.path(location)
        assert path.stat().st_size == size
        return path.open("rb")

    def remove(self, location: str) -> None:
        """Delete a file."""
        self.path(location).unlink(missing_ok=True)

    def path(self, location: str) -> Path:
        """Where a location is on the disk."""
        return self.root / location.replace("://", "/")


def stager_of(
    plan: SilverPlan,
    batch: Batch,
    store: Store,
    *,
    now: datetime = datetime(2026, 11, 21, tzinfo=UTC),
    part_bytes: int = PART_BYTES,
) -> Stager:
    """What stages a batch's objects for its tables as they are."""

    def destination(table: str) -> Destination:
        schema = schema_to_pyarrow(open_table(table).schema(), include_field_ids=True)
        return Destination(schema=schema, properties={}, folder=f"s3://{table}")

    return Stager.of(plan, batch, store, destination, now=now, part_bytes=part_bytes)


class LocalOutput(io.FileIO):
    """A file that is there once it is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "wb")
        self._path, self._written = path, 0

    def write(self, data: object) -> int:
        """Take bytes."""
        count = super().write(data)  # type: ignore[arg-type]
        self._written += count
        return count

    def tell(self) -> int:
        """Bytes so far."""
        return self._written

    def discard(self) -> None:
        """Forget what was written."""
        if not self.closed:
            self.close()
            self._path.unlink()
