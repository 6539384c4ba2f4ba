"""Set-up on a fresh machine: an empty HOME and cache, and a clean clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measure import ROOT, Figure


def run() -> list[Figure]:
    """The first `./weir cdk --version`, which needs all tools; the rival finds all fetched.

    The second set-up is the same with the caches kept and the environment erased: what it costs
    isn't download.
    """
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        home, clone = Path(scratch) / "home", Path(scratch) / "clone"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        cold = _timed(clone, home)
        # The stamp's loss alone would repair it; a new environment is what a new clone needs.
        shutil.rmtree(clone / ".venv")
        warm = _timed(clone, home)
    return [
        Figure(
            name="set-up, empty HOME and cache",
            value=cold,
            unit="s",
            target=600,
            rival="the same with its caches kept",
            rival_value=warm,
            note=f"download about {max(cold - warm, 0):.0f} s, the rest {warm:.0f} s (≤ 180 s)",
        )
    ]


def _timed(clone: Path, home: Path) -> float:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    proxies = {name: value for name, value in os.environ.items() if "PIP_" in name or "UV_" in name}
    began = time.monotonic()
    subprocess.run(
        [str(clone / "weir"), "cdk", "--version"],
        cwd=clone,
        env={**kept, **proxies, "HOME": str(home)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began
