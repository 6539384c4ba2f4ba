"""A platform of the benchmarks' own: brought up from nothing, run idle, and taken down."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks import idle_run
from benchmarks.measure import WEIR, Figure, answer

_SAMPLE_SECONDS = 0.5
_GIB = 1 << 30


def run() -> list[Figure]:
    """`up` on erased state, its memory, and `run` with nothing new."""
    with _state() as state:
        environment = {"WEIR_STATE_DIR": str(state)}
        with _Memory(state) as memory:
            first = answer(environment, "up")
        again = answer(environment, "up")
        return [_up(first, again), _memory(memory), idle_run.measure(environment)]


def _up(first: dict[str, Any], again: dict[str, Any]) -> Figure:
    parts = ", ".join(f"{name} {value:.0f} s" for name, value in first["seconds"].items())
    return Figure(
        name="./weir up, state erased, caches warm",
        value=first["seconds"]["total"],
        unit="s",
        target=150,
        rival="./weir up again, nothing to do",
        rival_value=again["seconds"]["total"],
        note=parts,
    )


def _memory(memory: _Memory) -> Figure:
    return Figure(
        name="memory during up, PSS of all processes, peak",
        value=memory.peak / _GIB,
        unit="GiB",
        target=6,
        rival="the same as RSS, which counts shared pages once a process",
        rival_value=memory.resident / _GIB,
        note=f"{memory.processes} processes at the peak, sampled each {_SAMPLE_SECONDS} s",
    )


@contextmanager
def _state() -> Iterator[Path]:
    """A state directory that is gone afterwards, with all that ran in it."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        state = Path(scratch) / "state"
        try:
            yield state
        finally:
            environment = {**os.environ, "WEIR_STATE_DIR": str(state)}
            command = [WEIR, "down", "--erase", "--yes"]
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)


class _Memory:
    """Samples the memory of all that runs for a state directory and below this process."""

    def __init__(self, state: Path) -> None:
        self.peak = 0
        self.resident = 0
        self.processes = 0
        self._records = state / "run"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            found = [_bytes(process) for process in self._ours()]
            shared = sum(proportional for proportional, _ in found)
            if shared > self.peak:
                self.peak, self.processes = shared, len(found)
                self.resident = sum(resident for _, resident in found)

    def _ours(self) -> set[psutil.Process]:
        roots = [psutil.Process()]
        for path in self._records.glob("*.process.json"):
            try:
                roots.append(psutil.Process(json.loads(path.read_text())["pid"]))
            except (OSError, ValueError, psutil.NoSuchProcess):
                continue  # ended, or not yet written
        return {child for root in roots for child in (root, *_children(root))}


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _bytes(process: psutil.Process) -> tuple[int, int]:
    """Proportional and resident set size; 0 of one that has ended."""
    try:
        sizes = process.memory_full_info()
        return int(sizes.pss), int(sizes.rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied, AttributeError):
        return 0, 0
