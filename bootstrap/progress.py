"""Says on stderr what is being done: one line a step, rewritten in place on a terminal."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_QUIET_SECONDS = 1.0
_TICK_SECONDS = 0.5
_WIDTH = 100
_CLOCK = 10
"""Columns kept for the seconds, at the right."""


@contextmanager
def step(name: str, count: Callable[[], str] | None = None) -> Iterator[None]:
    """Show a step while it runs; a quick one leaves no trace.

    Args:
        name: what is being done.
        count: gives how far it is ("31/147 packages"), asked twice a second.
    """
    line = _Line(name, count or (lambda: ""))
    line.start()
    try:
        yield
    except BaseException:
        line.end("✗")
        raise
    line.end("✓")


class _Line:
    def __init__(self, name: str, count: Callable[[], str]) -> None:
        self._name = name
        self._count = count
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._live = sys.stderr.isatty()
        # One column stays free: a line as wide as the terminal would wrap, and then not be erased.
        self._width = min(_WIDTH, _columns() - 1) if self._live else _WIDTH

    def start(self) -> None:
        self._thread.start()

    def end(self, mark: str) -> None:
        self._ended.set()
        self._thread.join()
        if time.monotonic() - self._began >= _QUIET_SECONDS:
            self._write(mark, last=True)

    def _run(self) -> None:
        if not self._ended.wait(_QUIET_SECONDS):
            self._write("…", last=not self._live)
        while not self._ended.wait(_TICK_SECONDS):
            if self._live:
                self._write("…", last=False)

    def _write(self, mark: str, *, last: bool) -> None:
        seconds = f"{time.monotonic() - self._began:.1f} s"
        room = max(self._width - _CLOCK, 0)
        text = f" {mark} {self._name:<24} {self._count()}"
        if len(text) > room:
            text = text[: max(room - 1, 0)] + "…"
        ending = "\n" if last else ""
        erase = "\r\033[K" if self._live else ""
        sys.stderr.write(f"{erase}{text:<{room}}{seconds:>{_CLOCK}}{ending}")
        sys.stderr.flush()


def _columns() -> int:
    """How wide the terminal behind stderr is; one that doesn't say so (a bare pty) counts as 80."""
    return os.get_terminal_size(sys.stderr.fileno()).columns or 80
