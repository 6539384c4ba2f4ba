"""What one process of the suite makes and the others take."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.embedded.harness import ROOT, Platform

_SYNTHESIS = """
from cli.screen import Screen
from cli.tools import Tools
from cli.up import synthesize

synthesize(Screen(), Tools.load())
"""


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Wait while another process is in the block that this file names."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Synthesis:
    """The project as templates, with which platforms come up: `up` finds its sources unchanged."""

    folder: Path

    def give(self, platform: Platform) -> None:
        """Put it where `up` looks; whoever asks first makes it, as `up` does."""
        with alone(self.folder):
            if not self.folder.exists():
                subprocess.run(
                    [sys.executable, "-P", "-c", _SYNTHESIS],
                    cwd=ROOT,
                    env={**platform.environment, "PYTHONPATH": str(ROOT)},
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
                shutil.copytree(platform.assembly, self.folder)
                return
        shutil.copytree(self.folder, platform.assembly)
