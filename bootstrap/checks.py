"""`./weir test`: every test, and beside them the linters and type checks.

What a check finds is told when it is found, as soon as pytest's line has ended. Arguments go to
pytest.
The last line is pytest's own; the exit code is 1 if anything failed.
Ctrl-C and SIGTERM end it in order: pytest takes down what its tests have brought up, and is waited
for; a second one kills.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bootstrap.ending import interrupt_children, kill_children

_INTERRUPTED = 130
_ROOT = Path(__file__).resolve().parent.parent
_TYPED = (
    "app.py",
    "bootstrap",
    "stacks",
    "lambdas",
    "glue_jobs",
    "dataplatform",
    "cli",
    "embedded_aws",
    "benchmarks",
    "tests",
)
_AT_ONCE = 2
_BEHIND = ("nice", "-n", "10")
"""Checks take what the tests leave of the machine: nothing waits for what a check says."""
_PROCESSES = 3
"""Of pytest, for the whole suite: two wait for embedded platforms often enough that two cores are
left for a third."""
_NEEDED_BYTES = 12 * 1024**3
"""Two platforms, each with a Spark of its own, and the Spark of the unit tests."""


@dataclass(frozen=True)
class Check:
    """A program that looks at the sources; exit code 0 means that it found nothing."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a check said, and how long it took."""

    check: Check
    passed: bool
    output: str
    seconds: float

    def told(self) -> str:
        """For a person: a line, below what it found."""
        mark = "✓" if self.passed else "✗"
        found = "" if self.passed else f"\n── {self.check.name} ──\n{self.output.rstrip()}\n"
        return f"{found} {mark} {self.check.name:<12} {self.seconds:6.1f} s\n"


class _Output:
    """Stdout, which pytest and the checks share: what a check says waits for the end of a line."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tail = b"\n"
        self._waiting = b""

    def pass_on(self, chunk: bytes) -> None:
        """Write a piece of what pytest prints."""
        with self._lock:
            ended, newline, begun = chunk.rpartition(b"\n")
            self._write(ended + newline)
            if newline:
                self._write_waiting()
            self._write(begun)

    def say(self, text: str) -> None:
        """Write whole lines of our own."""
        with self._lock:
            self._waiting += text.encode()
            if self._tail.endswith(b"\n"):
                self._write_waiting()

    def end(self) -> None:
        """pytest prints nothing more: a line that it has begun is ended."""
        with self._lock:
            if not self._tail.endswith(b"\n"):
                self._write(b"\n")
            self._write_waiting()

    def _write_waiting(self) -> None:
        sys.stdout.buffer.write(self._waiting)
        sys.stdout.buffer.flush()
        self._waiting = b""

    def _write(self, chunk: bytes) -> None:
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        self._tail = (self._tail + chunk)[-4_096:]

    def closing(self) -> str:
        """The last line of pytest's."""
        lines = self._tail.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class _Ending:
    """Whether somebody wants this to end, by Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Within it; what is started hears Ctrl-C even where a script's `&` has it ignored."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [(number, signal.signal(number, self._hear)) for number in numbers]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self.asked:
            kill_children()
            os.write(2, b"Killed. What the tests had brought up may be left.\n")
            os._exit(_INTERRUPTED)
        self.asked = True
        if number == signal.SIGTERM:  # a terminal's Ctrl-C reaches them all
            interrupt_children()


def checks(root: Path = _ROOT) -> list[Check]:
    """The checks that this tree asks for, the slowest first."""
    programs = Path(sys.executable).parent
    typed = [name for name in _TYPED if (root / name).exists()]
    found = [
        Check("mypy", (str(programs / "mypy"), *typed)),
        Check("imports", (str(programs / "lint-imports"),)),
        Check("ruff", (str(programs / "ruff"), "check", ".")),
        Check("format", (str(programs / "ruff"), "format", "--check", ".")),
    ]
    if _sqlfluff_is_configured(root):
        found.append(Check("sqlfluff", (str(programs / "sqlfluff"), "lint", "models")))
    return found


def main(arguments: list[str]) -> int:
    """Run everything, whatever fails on the way."""
    output, ending = _Output(), _Ending()
    late: list[str] = []
    failed: list[str] = []
    with ending.heard(), ThreadPoolExecutor(_AT_ONCE) as pool:
        looks = {check.name: pool.submit(_look, check, output, ending) for check in checks()}
        code = _pytest(arguments, output)
        closing = output.closing()
        if ending.asked:
            pool.shutdown(wait=False, cancel_futures=True)
            interrupt_children()  # a check that began meanwhile
        else:
            late += [name for name, look in looks.items() if not look.done()]
            if late:
                output.say(f" … waiting for {', '.join(late)}\n")
            failed += [name for name, look in looks.items() if not look.result().passed]
    if ending.asked:
        sys.stderr.write("Interrupted. What the tests had brought up is taken down.\n")
        return _INTERRUPTED
    if failed:
        output.say(f"\n✗ Besides the tests, failed: {', '.join(failed)} (told above)\n")
    if failed or late:
        output.say(f"{closing}\n")
    return 1 if failed else code


def _look(check: Check, output: _Output, ending: _Ending) -> Outcome:
    began = time.monotonic()
    if ending.asked:
        return Outcome(check, False, "", 0.0)
    ended = subprocess.run(
        (*_BEHIND, *check.command),
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    outcome = Outcome(check, ended.returncode == 0, ended.stdout, time.monotonic() - began)
    if not ending.asked:  # or it was, and it says so
        output.say(outcome.told())
    return outcome


def _pytest(arguments: list[str], output: _Output) -> int:
    """Its exit code; what it prints is passed on as it comes."""
    color = "yes" if sys.stdout.isatty() else "no"
    processes = () if any(map(_names_tests, arguments)) else _side_by_side()
    command = [sys.executable, "-P", "-m", "pytest", f"--color={color}", *processes, *arguments]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read1(65_536):  # type: ignore[attr-defined]
            output.pass_on(chunk)
    output.end()
    return process.returncode


def _side_by_side() -> tuple[str, ...]:
    """Options of pytest-xdist; a process less where memory is short."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    processes = _PROCESSES if has >= _NEEDED_BYTES else _PROCESSES - 1
    return ("-n", str(processes), "--dist", "loadscope", "--no-loadscope-reorder")


def _names_tests(argument: str) -> bool:
    """Whether an argument may be a path or the value of an option such as `-k`."""
    return not argument.startswith("-")


def _sqlfluff_is_configured(root: Path) -> bool:
    return (root / ".sqlfluff").exists() or any((root / "models").rglob(".sqlfluff"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
