"""A platform of the benchmarks' own: brought up from nothing, run idle, and taken down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measure import ROOT, WEIR, Figure, seconds

_SAMPLE_SECONDS = 0.5
_GIB = 1 << 30


def run() -> list[Figure]:
    """`up` on erased state, its memory, and `run` with nothing new."""
    with _state() as state:
        environment = {"WEIR_STATE_DIR": str(state)}
        with _Memory(state) as memory:
            first = _weir(environment, "up")
        again = _weir(environment, "up")
        return [_up(first, again), _memory(memory), _idle(environment)]


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


def _idle(environment: dict[str, str]) -> Figure:
    before = _job_runs(environment)
    idle = seconds([WEIR, "run"], environment, times=3)
    after = _job_runs(environment)
    if before != after:
        raise RuntimeError(f"an idle run started Glue jobs: {before} → {after}")
    narrowed = seconds([WEIR, "run", "stores"], environment, times=3)
    return Figure(
        name="./weir run, nothing new",
        value=idle,
        unit="s",
        target=15,
        rival="./weir run stores, nothing new: no source is pulled",
        rival_value=narrowed,
        note=f"Glue runs before and after: {sum(before.values())} and {sum(after.values())}",
    )


def _job_runs(environment: dict[str, str]) -> dict[str, int]:
    """How many runs each Glue job has had."""
    script = (
        "import json\n"
        "from cli.target import Target\n"
        "target = Target.choose(None)\n"
        "glue = target.client('glue')\n"
        "names = [target.output('SilverJob'), target.output('GoldJob')]\n"
        "print(json.dumps({n: len(glue.get_job_runs(JobName=n)['JobRuns']) for n in names}))\n"
    )
    return dict(json.loads(_output([sys.executable, "-c", script], environment)))


def _weir(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    return dict(json.loads(_output([WEIR, *arguments, "--json"], environment)))


def _output(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{command} → {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


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
