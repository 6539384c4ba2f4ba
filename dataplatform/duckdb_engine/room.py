"""A directory of an engine's own, and the end of those whose owners were killed.

Lambda starts a killed function's process again in the same environment, on the same disk: what the
dead call left there would be missing to every later one.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final, Self

_PREFIX: Final = "weir-room-"
_UNLOCKED: Final = "weir-opening-"

log = logging.getLogger("weir.engine")


class Room:
    """A locked directory, which goes when it is closed.

    The kernel drops the lock of a process that ends, however it ends. So a room that can be locked
    has no owner, whatever became of process ids meanwhile.

    Args:
        parent: /tmp if not told.
    """

    def __init__(self, parent: Path | None = None) -> None:
        within = Path(parent or tempfile.gettempdir())
        clear(within)
        # It gets its name once it is locked, so that nobody takes it for left in between.
        opening = Path(tempfile.mkdtemp(prefix=_UNLOCKED, dir=within))
        self._lock = os.open(opening, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        name = opening.name.removeprefix(_UNLOCKED)
        self.path = opening.rename(within / f"{_PREFIX}{name}")

    def close(self) -> None:
        """Remove the directory with all that is in it; closing twice does nothing more."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def clear(within: Path) -> None:
    """Remove the rooms whose owners have ended."""
    for room in within.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, PermissionError):  # closed just now, or another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its owner lives
        else:
            log.warning("%s was left by a call that was killed", room)
            shutil.rmtree(room, ignore_errors=True)
        finally:
            os.close(lock)
