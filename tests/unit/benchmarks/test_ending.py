"""A benchmark that gets SIGTERM ends as by Ctrl-C, and the verbs that it waits for with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

VERB = """
import pathlib, signal, sys
try:
    print("begun", flush=True)
    signal.pause()
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


def test_what_was_brought_up_is_taken_down(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BENCHMARK, VERB, str(tmp_path)]
    benchmark = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert benchmark.stdout is not None and benchmark.stderr is not None
        assert benchmark.stdout.readline() == "begun\n"
        benchmark.send_signal(signal.SIGTERM)
        assert benchmark.wait() == 130
        assert benchmark.stderr.readline().startswith("Interrupted.")
        assert (tmp_path / "verb").read_text() == "interrupted"
        assert (tmp_path / "platform").read_text() == "taken down"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(benchmark.pid, signal.SIGKILL)
        benchmark.communicate()
