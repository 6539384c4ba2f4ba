"""One measurement, and the helpers that several benchmarks share."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""The project."""

WEIR = str(ROOT / "weir")
"""The wrapper, as a person calls it."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure and a rival's, in the same unit; the lower, the better.

    target: what the figure should not exceed; nothing fails where it does.
    """

    name: str
    value: float
    unit: str
    target: float
    rival: str
    rival_value: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times the rival's figure this one is."""
        return self.value / self.rival_value if self.rival_value else float("nan")

    @property
    def within(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.target


def seconds(
    command: Sequence[str], environment: Mapping[str, str] | None = None, *, times: int = 1
) -> float:
    """Median wall-clock seconds of a command.

    Raises:
        subprocess.CalledProcessError: it failed; a figure of a failure means nothing.
    """
    taken = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=True,
        )
        taken.append(time.monotonic() - began)
    return median(taken)


def answer(environment: Mapping[str, str], *arguments: str) -> Any:
    """What a verb answers with `--json`."""
    return json.loads(output([WEIR, *arguments, "--json"], environment))


def output(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a command prints.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{command} → {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout
