"""Background processes that are known again after this one ends, and killed without mistakes.

A process id alone proves nothing: it may belong to somebody else by now. A record therefore keeps
the start time too, and each process leads a session of its own, so that what it leaves behind can
be found by session id (the kernel doesn't hand out a number that is still in use as one).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import psutil

from embedded_aws.errors import StartFailed, StopFailed
from embedded_aws.state import StateDir

_TAIL_LINES: Final = 15
_POLL_SECONDS: Final = 0.05
_START_TIME_TOLERANCE: Final = 2.0
"""Seconds by which two readings of a start time may differ (it is derived from the boot time)."""

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Started by this very process, which must collect them when they end."""


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """A process to run in the background until the embedded AWS stops.

    Args:
        name: unique in the state directory; also the name of its log.
        argv: program and arguments.
        env: its whole environment; nothing is inherited.
        ready: tells whether it may be used now; asked again until the deadline.
        descriptors: open file descriptors that it inherits under the same numbers.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] = field(default=lambda: True)
    descriptors: tuple[int, ...] = ()


def ready_when_exists(path: Path) -> Callable[[], bool]:
    """For a process that writes a file once it can be used."""
    return path.exists


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """What is written down about a running process."""

    name: str
    pid: int
    started: float

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie doesn't)."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _START_TIME_TOLERANCE
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def session(self) -> list[psutil.Process]:
        """The process and everything it started that still runs, also after its own end."""
        if not self.alive() and psutil.pid_exists(self.pid) and not _is_zombie(self.pid):
            return []  # The number belongs to somebody else, so our session has ended.
        return [process for process in psutil.process_iter() if _in_session(process, self.pid)]


class Processes:
    """The background processes of one state directory."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def records(self) -> Iterator[ProcessRecord]:
        """All processes that were started and not stopped, whether they live or not."""
        for path in sorted(self._state.run.glob("*.process.json")):
            yield ProcessRecord(**json.loads(path.read_text()))

    def find(self, name: str) -> ProcessRecord | None:
        """The record of a process that is alive."""
        return next((r for r in self.records() if r.name == name and r.alive()), None)

    def start(self, spec: ProcessSpec, *, seconds: float) -> ProcessRecord:
        """Start a process and wait until it is ready.

        Raises:
            StartFailed: it ended, or wasn't ready after `seconds`; it has been killed.
        """
        for directory in (self._state.run, self._state.logs, self._state.temporary):
            directory.mkdir(parents=True, exist_ok=True)
        log = self.log(spec.name)
        with log.open("wb") as output:
            child = subprocess.Popen(
                list(spec.argv),
                env=dict(spec.env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=spec.descriptors,
                start_new_session=True,
                cwd=self._state.root,
            )
        _children[child.pid] = child
        started = psutil.Process(child.pid).create_time()
        record = ProcessRecord(name=spec.name, pid=child.pid, started=started)
        self._path(spec.name).write_text(json.dumps(asdict(record)))
        try:
            self._wait(spec, child, seconds=seconds)
        except BaseException:  # Ctrl-C while waiting must not leave it behind either.
            self.stop(record, seconds=0)
            raise
        return record

    def stop(self, record: ProcessRecord, *, seconds: float) -> None:
        """Ask a process to end; after `seconds` kill it and all of its session.

        Raises:
            StopFailed: something is left after SIGKILL.
        """
        if record.alive():
            os.kill(record.pid, signal.SIGTERM)
            _poll(lambda: not record.alive(), seconds)
        for process in record.session():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        if not _poll(lambda: not [p for p in record.session() if not _is_zombie(p.pid)], 5):
            raise StopFailed(
                f"{record.name} (pid {record.pid}) doesn't end",
                why="It ignored SIGKILL, so it hangs in the kernel (often a network file system).",
                remedy="Look at it with: ps -o pid,stat,wchan,cmd -p " + str(record.pid),
            )
        if child := _children.pop(record.pid, None):
            child.wait()
        self._path(record.name).unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        """Where a process's output goes."""
        return self._state.logs / f"{name}.log"

    def _path(self, name: str) -> Path:
        return self._state.run / f"{name}.process.json"

    def _wait(self, spec: ProcessSpec, child: subprocess.Popen[bytes], *, seconds: float) -> None:
        if _poll(lambda: child.poll() is not None or spec.ready(), seconds):
            if child.poll() is None:
                return
            what = f"{spec.name} ended with status {child.returncode} while starting"
        else:
            what = f"{spec.name} wasn't ready after {seconds:.0f} s"
        log = self.log(spec.name)
        raise StartFailed(
            what, why=tail(log) or "It wrote nothing.", remedy=f"The whole log: {log}"
        )


def tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
    except FileNotFoundError:
        return ""


def _poll(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _in_session(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getsid(process.pid) == leader
    except (ProcessLookupError, PermissionError):
        return False


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
