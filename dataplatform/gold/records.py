"""What a build of a gold model speaks of: changed rows by action, and their export."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Protocol

INSERT: Final = "insert"
UPDATE: Final = "update"
DELETE: Final = "delete"

ACTION: Final = "_action"
"""Column of compared rows: insert, update or delete."""

Consumed = Mapping[str, int]
"""What a model's rows were made from: dataset -> last sequence, `gold.<model>` -> snapshot id."""


class Snapshot(Protocol):
    """A published snapshot of an Iceberg table."""

    @property
    def snapshot_id(self) -> int:
        """Iceberg's id."""
        ...

    @property
    def summary(self) -> Mapping[str, str]:
        """Its properties, those of the commit among them."""
        ...


@dataclass(frozen=True)
class Counts:
    """Rows of a model that a run changed."""

    inserted: int
    updated: int
    deleted: int

    @property
    def total(self) -> int:
        """All rows changed."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True)
class Export:
    """One set of changed rows that the warehouse has to take.

    uri: manifest on S3; "" where nothing changed.
    """

    uri: str
    rows: int

    def to_json(self) -> str:
        """For a snapshot property."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Export:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class ExportedFile:
    """A Parquet file of changed rows; size in bytes, which Redshift's COPY wants to know."""

    uri: str
    size: int


def copy_manifest(files: Sequence[ExportedFile]) -> bytes:
    """The manifest that hands COPY exactly these files, and fails where one is missing."""
    entries = [
        {"url": file.uri, "mandatory": True, "meta": {"content_length": file.size}}
        for file in files
    ]
    return json.dumps({"entries": entries}).encode()
