"""Says on stderr what is being done: one line a step, rewritten in place on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_QUIET_SECONDS = 1.0
_TICK_SECONDS = 0.5
_WIDTH = 100


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
        text = f" {mark} {self._name:<24} {self._count()}"[: _WIDTH - 12]
        ending = "\n" if last else ""
        erase = "\r\033[K" if self._live else ""
        sys.stderr.write(f"{erase}{text:<{_WIDTH - 12}} {seconds:>9}{ending}")
        sys.stderr.flush()
