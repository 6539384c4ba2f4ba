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
from pyiceberg.table.snapshots import Snapshot

_BYTES: Final = 16 * 1024 * 1024
_LARGEST: Final = _BYTES // 8
_WRITTEN_ONCE: Final = (".avro", ".metadata.json")

_DECODED_BYTES: Final = 4 * 1024 * 1024
"""Of manifests as they are stored. Decoded they take about eleven times as much."""
_LISTED: Final = 8192
"""Manifests in all lists together; those of one table are mostly the same values."""


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


class ReadLists:
    """Manifests of snapshots that were read before: a commit alone asks five times."""

    def __init__(self, limit: int = _LISTED) -> None:
        self._lock = threading.Lock()
        self._limit = limit
        self._lists: LRUCache[str, tuple[ManifestFile, ...]] = LRUCache(
            limit, getsizeof=lambda listed: 1 + len(listed)
        )

    def manifests(self, snapshot: Snapshot, io: FileIO) -> list[ManifestFile]:
        """A snapshot's manifests, which are not to be changed."""
        with self._lock:
            known = self._lists.get(snapshot.manifest_list)
        if known is None:
            known = tuple(_read(snapshot, io))
            if len(known) < self._limit:
                with self._lock:
                    self._lists[snapshot.manifest_list] = known
        return list(known)


_decoded: Final = ManifestFile.fetch_manifest_entry
_decoded_once: Final = DecodedManifests()
_read: Final = Snapshot.manifests
_read_once: Final = ReadLists()


def _fetch_once(
    manifest: ManifestFile, io: FileIO, discard_deleted: bool = True
) -> list[ManifestEntry]:
    return _decoded_once.entries(manifest, io, live=discard_deleted)


def _manifests_once(snapshot: Snapshot, io: FileIO) -> list[ManifestFile]:
    return _read_once.manifests(snapshot, io)


# PyIceberg has no place to say this: its plans, overwrites and merges of manifests all call them.
ManifestFile.fetch_manifest_entry = _fetch_once  # type: ignore[assignment,method-assign]
Snapshot.manifests = _manifests_once  # type: ignore[assignment,method-assign]
