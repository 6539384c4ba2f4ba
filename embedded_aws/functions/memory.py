"""What a process and all that it started hold, asked often and of several processes at once.

psutil asks each process of the machine who its parent is, which takes milliseconds; Linux also
names a thread's children.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

NAMED: Final = Path(f"/proc/self/task/{os.getpid()}/children").exists()
"""Whether this kernel names children (CONFIG_PROC_CHILDREN)."""


def held(pid: int) -> int:
    """Bytes in memory; 0 for a process that has ended."""
    return sum(map(_held, (pid, *(_named(pid) if NAMED else _found(pid)))))


def _held(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _named(pid: int) -> Iterator[int]:
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (thread / "children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # The thread has ended.
        for child in map(int, children):
            yield child
            yield from _named(child)


def _found(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
