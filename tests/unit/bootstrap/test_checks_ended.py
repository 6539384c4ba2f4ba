"""`./weir test` that is told to end: what the tests had brought up is taken down before it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

TESTS = """
import pathlib, select, signal, socket
import pytest

def wait_for_a_signal(word):
    waked, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    print(f"\\n{word}", flush=True)
    while True:
        select.select([waked], [], [])

@pytest.fixture
def platform():
    yield
    pathlib.Path("down").touch()
    if pathlib.Path("hangs").exists():
        wait_for_a_signal("taken down")

def test_it(platform):
    wait_for_a_signal("begun")
"""

CHECKS = """
import pathlib, sys
from bootstrap import checks
checks._ROOT = pathlib.Path.cwd()
checks.checks = lambda: [checks.Check(name, ("sleep", "1000")) for name in ("a", "b", "c")]
sys.exit(checks.main(["-p", "no:cacheprovider", "-s", "test_one.py"]))
"""

Start = Callable[[signal.Handlers], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts it on a project with one test, and waits until that is under way."""
    (tmp_path / "test_one.py").write_text(TESTS)
    with ExitStack() as started:

        def start(interrupts: signal.Handlers) -> subprocess.Popen[str]:
            process = started.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", CHECKS],
                    cwd=tmp_path,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                    preexec_fn=lambda: signal.signal(signal.SIGINT, interrupts),
                )
            )
            started.callback(_killed, process)
            _read_until(process, "begun\n")
            return process

        yield start


@pytest.mark.parametrize("interrupts", [signal.SIG_DFL, signal.SIG_IGN], ids=["shell", "script"])
def test_by_sigterm_what_was_brought_up_is_taken_down(
    start: Start, tmp_path: Path, interrupts: signal.Handlers
) -> None:
    process = start(interrupts)
    process.send_signal(signal.SIGTERM)
    _ends_interrupted(process, "Interrupted. What the tests had brought up is taken down.\n")
    assert (tmp_path / "down").exists()


def test_by_ctrl_c_too(start: Start, tmp_path: Path) -> None:
    process = start(signal.SIG_DFL)
    os.killpg(process.pid, signal.SIGINT)
    _ends_interrupted(process, "Interrupted. What the tests had brought up is taken down.\n")
    assert (tmp_path / "down").exists()


def test_a_second_signal_kills(start: Start, tmp_path: Path) -> None:
    (tmp_path / "hangs").touch()
    process = start(signal.SIG_DFL)
    process.send_signal(signal.SIGTERM)
    _read_until(process, "taken down\n")
    process.send_signal(signal.SIGTERM)
    _ends_interrupted(process, "Killed. What the tests had brought up may be left.\n")


def _read_until(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert line in iter(process.stdout.readline, "")


def _ends_interrupted(process: subprocess.Popen[str], said: str) -> None:
    """And nobody is left who could say any more: their pipes are at their end."""
    out, err = process.communicate()
    assert (process.returncode, err) == (130, said), out


def _killed(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
