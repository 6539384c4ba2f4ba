"""`./weir test`: the linters and type checks side by side, then every test.

Arguments go to pytest. The last line is pytest's own; the exit code is 1 if anything failed.
The whole suite runs in two processes: what waits for the embedded platform leaves a core idle.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

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
_SIDE_BY_SIDE = ("-n", str(_AT_ONCE), "--dist", "loadscope", "--no-loadscope-reorder")


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

    def line(self) -> str:
        """For the summary."""
        mark = "✓" if self.passed else "✗"
        return f" {mark} {self.check.name:<12} {self.seconds:6.1f} s"


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
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(_look, checks()))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        sys.stdout.write(f"\n── {outcome.check.name} ──\n{outcome.output.rstrip()}\n")
    sys.stdout.write("\n" + "\n".join(outcome.line() for outcome in outcomes) + "\n\n")
    code, closing = _pytest(arguments)
    if failed:
        names = ", ".join(outcome.check.name for outcome in failed)
        sys.stdout.write(f"\n✗ Besides the tests, failed: {names} (see the top)\n{closing}\n")
    return 1 if failed else code


def _look(check: Check) -> Outcome:
    began = time.monotonic()
    ended = subprocess.run(
        check.command,
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(check, ended.returncode == 0, ended.stdout, time.monotonic() - began)


def _pytest(arguments: list[str]) -> tuple[int, str]:
    """Its exit code and closing line; what it prints is passed on as it comes."""
    color = "yes" if sys.stdout.isatty() else "no"
    processes = () if any(map(_names_tests, arguments)) else _SIDE_BY_SIDE
    command = [sys.executable, "-P", "-m", "pytest", f"--color={color}", *processes, *arguments]
    sys.stdout.flush()
    tail = b""
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read1(65_536):  # type: ignore[attr-defined]
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            tail = (tail + chunk)[-4_096:]
    lines = tail.decode(errors="replace").strip().splitlines()
    return process.returncode, lines[-1] if lines else ""


def _names_tests(argument: str) -> bool:
    """Whether an argument may be a path or the value of an option such as `-k`."""
    return not argument.startswith("-")


def _sqlfluff_is_configured(root: Path) -> bool:
    return (root / ".sqlfluff").exists() or any((root / "models").rglob(".sqlfluff"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
