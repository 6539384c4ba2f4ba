"""What processes cost: CPU seconds, of a process and all that it started."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import ROOT


@dataclass(frozen=True)
class Took:
    """Seconds of a process and all that it started."""

    cpu: float
    wall: float


def in_turns(times: int, *processes: Callable[[], Took]) -> list[Took]:
    """The median of each, over so many rounds in which each has its turn."""
    rounds = [[process() for process in processes] for _ in range(times)]
    return [
        Took(median(each.cpu for each in taken), median(each.wall for each in taken))
        for taken in zip(*rounds, strict=True)
    ]


def took(command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT) -> Took:
    """Run a command and all that it starts and waits for.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command} → {process.returncode}\n{said.read()[-2000:].decode()}")
    return Took(usage.ru_utime + usage.ru_stime, wall)
