"""Records that were accepted and not yet delivered, on disk: a killed server loses none."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StreamKey:
    """A delivery stream, across accounts and regions."""

    account: str
    region: str
    name: str


@dataclass(frozen=True)
class Record:
    """A record as it was put.

    arrived: when it was put, in milliseconds since 1970: Firehose's approximateArrivalTimestamp.
    """

    id: str
    data: bytes
    arrived: int


@dataclass
class _Buffer:
    size: int
    since: float


class Journal:
    """One file a stream, appended to by puts and taken away by a delivery."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._buffers: dict[StreamKey, _Buffer] = {}
        # A file that was taken belongs to a delivery that a killed server didn't finish.
        for path in (*directory.glob("*/*/*.jsonl"), *directory.glob("*/*/*.taken")):
            key = StreamKey(path.parts[-3], path.parts[-2], path.stem)
            self._buffers[key] = _Buffer(path.stat().st_size, path.stat().st_mtime)

    def append(self, key: StreamKey, records: Iterable[Record]) -> None:
        """Keep records until they are delivered."""
        items = list(records)
        lines = "".join(map(_line, items))
        with self._lock:
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                file.write(lines)
            buffer = self._buffers.setdefault(key, _Buffer(0, time.time()))
            buffer.size += sum(len(record.data) for record in items)

    def waiting(self) -> Iterator[tuple[StreamKey, int, float]]:
        """Streams with records: key, bytes, seconds since the oldest was put."""
        now = time.time()
        with self._lock:
            found = [
                (key, buffer.size, now - buffer.since) for key, buffer in self._buffers.items()
            ]
        yield from found

    def take(self, key: StreamKey) -> list[Record]:
        """The records to deliver now; new ones gather apart until `done` or `retry`."""
        with self._lock:
            path, taken = self._path(key), self._taken(key)
            if path.exists():
                with taken.open("a") as file:  # After a failed delivery there is a rest.
                    file.write(path.read_text())
                path.unlink()
            self._buffers.pop(key, None)
        lines = taken.read_text().splitlines() if taken.exists() else []
        return [
            Record(identifier, base64.b64decode(data), arrived)
            for identifier, data, arrived in map(json.loads, lines)
        ]

    def done(self, key: StreamKey) -> None:
        """The taken records are delivered."""
        self._taken(key).unlink(missing_ok=True)

    def retry(self, key: StreamKey) -> None:
        """The taken records must be delivered later."""
        with self._lock:
            self._buffers.setdefault(key, _Buffer(0, time.time()))

    def _path(self, key: StreamKey) -> Path:
        return self._directory / key.account / key.region / f"{key.name}.jsonl"

    def _taken(self, key: StreamKey) -> Path:
        return self._path(key).with_suffix(".taken")


def _line(record: Record) -> str:
    return json.dumps([record.id, base64.b64encode(record.data).decode(), record.arrived]) + "\n"
