"""What an engine takes of the machine while a pipeline runs: CPU seconds, and memory at its peak.

An engine's work is done by processes of its own: a function's, or Spark's JVM and its driver. What
the emulator does for them isn't counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import psutil

from benchmarks.project import Project
from embedded_aws.processes import Processes
from embedded_aws.state import StateDir
from embedded_aws.supervisor import SERVER

_SAMPLE_SECONDS: Final = 0.2
_FUNCTION: Final = "AWS_LAMBDA_FUNCTION_NAME"
_SPARK: Final = ("org.apache.spark.api.python.PythonGatewayServer", "embedded_aws/spark/driver.py")

Ours = Callable[[psutil.Process], bool]


def function(name: str) -> Ours:
    """Processes of the functions whose name ends so."""

    def ours(process: psutil.Process) -> bool:
        return process.environ().get(_FUNCTION, "").endswith(name)

    return ours


def spark(process: psutil.Process) -> bool:
    """Spark's JVM, and the driver of a job."""
    return any(word.endswith(_SPARK) for word in process.cmdline())


class Use:
    """Watches an engine's processes for as long as a `with` block lasts.

    cpu: seconds of all of them together, user and system.
    peak: bytes; each process's own resident peak, of all together.
    """

    def __init__(self, bench: Project, ours: Ours) -> None:
        self._state = StateDir.at(bench.state)
        self._ours = ours
        self._before: dict[int, float] = {}
        self._cpu: dict[int, float] = {}
        self._peaks: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="use", daemon=True)

    @property
    def cpu(self) -> float:
        """CPU seconds."""
        return sum(self._cpu.values()) - sum(self._before.values())

    @property
    def peak(self) -> int:
        """Bytes."""
        return sum(self._peaks.values())

    def __enter__(self) -> Self:
        for process in self._processes():
            # Peaks of earlier work don't count: the kernel starts to note them anew.
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
            self._before[process.pid] = _cpu(process)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess, OSError):
                self._cpu[process.pid] = _cpu(process)
                self._peaks[process.pid] = _peak(process.pid)

    def _processes(self) -> Iterator[psutil.Process]:
        server = Processes(self._state).find(SERVER)
        for process in server.session() if server else ():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                if self._ours(process):
                    yield process


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0  # it has ended
