"""A benchmark that gets SIGTERM ends as by Ctrl-C, and the verbs that it waits for with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

VERB = """
import pathlib, select, signal, socket, sys
waked, waking = socket.socketpair()
waking.setblocking(False)
signal.set_wakeup_fd(waking.fileno())
try:
    print("begun", flush=True)
    while True:
        select.select([waked], [], [])
except KeyboardInterrupt:
    pathlib.Path(sys.argv[1]).write_text("interrupted")
"""

BENCHMARK = """
import pathlib, subprocess, sys
from benchmarks.ending import orderly

def measure():
    verb = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2] + "/verb"])
    try:
        verb.wait()
    finally:
        verb.wait()
        pathlib.Path(sys.argv[2], "platform").write_text("taken down")

orderly(measure)
"""

PATIENCE = 10
"""Seconds. Python notices a signal that comes just before it waits for a child at the next one."""


def told_to_end(process: subprocess.Popen[str]) -> int:
    """Its exit code, once it has ended by SIGTERM."""
    while True:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(PATIENCE)


@pytest.mark.parametrize("interrupts", [signal.SIG_DFL, signal.SIG_IGN], ids=["shell", "script"])
def test_what_was_brought_up_is_taken_down(tmp_path: Path, interrupts: signal.Handlers) -> None:
    command = [sys.executable, "-c", BENCHMARK, VERB, str(tmp_path)]
    benchmark = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, interrupts),
    )
    try:
        assert benchmark.stdout is not None and benchmark.stderr is not None
        assert benchmark.stdout.readline() == "begun\n"
        assert told_to_end(benchmark) == 130
        assert benchmark.stderr.readline().startswith("Interrupted.")
        assert (tmp_path / "verb").read_text() == "interrupted"
        assert (tmp_path / "platform").read_text() == "taken down"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(benchmark.pid, signal.SIGKILL)
        benchmark.communicate()
