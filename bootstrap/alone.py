"""One set-up at a time on a machine: a second call waits, and then finds all there."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.progress import step


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Hold the cache's lock; the system frees it even after a crash."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("waiting", lambda: "for another ./weir that sets up"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
