"""A table's metadata that this process has read: asked for once, and not again for each commit.

Iceberg never writes an object of metadata twice, since each has a name of its own. One that is
deleted stays readable here for a while, as it does for whoever has just read it.
"""

from __future__ import annotations

import threading
from typing import Final

from cachetools import LRUCache

_BYTES: Final = 16 * 1024 * 1024
_LARGEST: Final = _BYTES // 8
_WRITTEN_ONCE: Final = (".avro", ".metadata.json")


class _Kept:
    """Bytes of small objects by location; those that weren't asked for longest go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: LRUCache[str, bytes] = LRUCache(_BYTES, getsizeof=len)

    def get(self, location: str) -> bytes | None:
        """An object's bytes; None where they aren't kept."""
        with self._lock:
            return self._bytes.get(location)

    def keep(self, location: str, body: bytes) -> None:
        """Keep an object's bytes, if it is metadata and small."""
        if location.endswith(_WRITTEN_ONCE) and len(body) <= _LARGEST:
            with self._lock:
                self._bytes[location] = body

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._bytes.clear()


kept: Final = _Kept()
"""One a process."""
