"""What set-up shows: one line a step, never wider than the terminal that it is rewritten on."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bootstrap import progress

COLUMNS = 60


def shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch, count: str) -> str:
    """What a terminal of 60 columns gets of a step that reaches its second tick."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    ticked = threading.Event()
    asked = []

    def counted() -> str:
        asked.append(count)
        if len(asked) == 2:
            ticked.set()
        return count

    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_TICK_SECONDS", 0.01)
    with os.fdopen(writer, "w") as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        with progress.step("tools and jars", counted):
            assert ticked.wait(10)
        monkeypatch.undo()
    shown = b"".join(_everything(reader))
    os.close(reader)
    return shown.decode()


def _everything(reader: int) -> Iterator[bytes]:
    """What waits in a terminal whose writer has gone: a read gives 4 KiB at most, then an error."""
    with suppress(OSError):
        while got := os.read(reader, 65536):
            yield got


def test_a_line_fits_the_terminal_and_is_rewritten_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = shown_on_a_terminal(monkeypatch, "0/5, waiting for " + "a very long list, " * 9)
    lines = [line for line in re.split(r"\r\x1b\[K|\r?\n", shown) if line]
    assert len(lines) >= 2
    assert all(len(line) < COLUMNS for line in lines)
    assert all("…  " in line and line.endswith(" s") for line in lines)
    assert shown.count("\n") == 1


def test_a_short_line_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tools and jars           3/5" in shown_on_a_terminal(monkeypatch, "3/5")
