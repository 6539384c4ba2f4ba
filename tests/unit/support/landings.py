"""Landed objects in memory, which Spark's workers read as they would read S3's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import LandedObject


@dataclass(frozen=True)
class InMemory:
    """Contents by key; a key that has none is an object that was deleted."""

    contents: Mapping[str, bytes]
    chunk: int = 101

    def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
        """The bytes from an offset on, in small chunks."""
        if landed.key not in self.contents:
            raise UnreadableObject("the object was deleted before it could be read")
        content = self.contents[landed.key]
        for at in range(start, len(content), self.chunk):
            yield content[at : at + self.chunk]
