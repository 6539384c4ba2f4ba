"""A table's metadata that this process has read: asked for once, and not again for each commit.

Iceberg never writes an object of metadata twice, since each has a name of its own. One that is
deleted stays readable here for a while, as it does for whoever has just read it.
"""

from __future__ import annotations

import threading
from typing import Final

from cachetools import LRUCache
from pyiceberg.io import FileIO
from pyiceberg.manifest import UNASSIGNED_SEQ, ManifestEntry, ManifestEntryStatus, ManifestFile

_BYTES: Final = 16 * 1024 * 1024
_LARGEST: Final = _BYTES // 8
_WRITTEN_ONCE: Final = (".avro", ".metadata.json")

_DECODED_BYTES: Final = 4 * 1024 * 1024
"""Of manifests as they are stored. Decoded they take about eleven times as much."""


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


class DecodedManifests:
    """Entries of manifests that were read before.

    A plan by columns' bounds looks at every entry of the table: decoding them is nearly all that it
    costs, and what grows with the table.

    Args:
        limit: bytes of manifests, as they are stored.
    """

    def __init__(self, limit: int = _DECODED_BYTES) -> None:
        self._lock = threading.Lock()
        self._limit = limit
        self._entries: LRUCache[str, tuple[int, list[ManifestEntry]]] = LRUCache(
            limit, getsizeof=lambda sized: sized[0]
        )

    def entries(self, manifest: ManifestFile, io: FileIO, *, live: bool) -> list[ManifestEntry]:
        """A manifest's entries, which are not to be changed.

        Args:
            live: leave out those of deleted files.
        """
        path, size = manifest.manifest_path, manifest.manifest_length
        with self._lock:
            known = self._entries.get(path)
        if known is None:
            known = (size, _decoded(manifest, io, discard_deleted=False))
            # Before its commit a manifest has no sequence number that its entries could inherit.
            if size <= self._limit and manifest.sequence_number != UNASSIGNED_SEQ:
                with self._lock:
                    self._entries[path] = known
        return [e for e in known[1] if not live or e.status != ManifestEntryStatus.DELETED]


_decoded: Final = ManifestFile.fetch_manifest_entry
_decoded_once: Final = DecodedManifests()


def _fetch_once(
    manifest: ManifestFile, io: FileIO, discard_deleted: bool = True
) -> list[ManifestEntry]:
    return _decoded_once.entries(manifest, io, live=discard_deleted)


# PyIceberg has no place to say this: its plans, overwrites and merges of manifests all call it.
ManifestFile.fetch_manifest_entry = _fetch_once  # type: ignore[assignment,method-assign]
