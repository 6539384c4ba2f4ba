"""Jobs import nothing that a newer Glue lacks: its own smoke run is rarely asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bootstrap.locks import GLUE_6_0

ROOT = Path(__file__).parents[3]
JOBS = ("backfill", "gold", "maintain", "silver", "stage")
_IMPORT = """
import importlib, os, sys
from importlib.metadata import packages_distributions

locked = set(os.environ["LOCKED"].split())
of = {name: {each.lower() for each in by} for name, by in packages_distributions().items()}

class Lacking:
    def find_spec(self, name, path=None, target=None):
        if of.get(name.partition(".")[0], locked).isdisjoint(locked):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Lacking())
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


def test_every_job_is_known() -> None:
    scripts = (ROOT / "glue_jobs").glob("*.py")
    assert {script.stem for script in scripts if '"__main__"' in script.read_text()} == set(JOBS)


def test_a_job_imports_nothing_that_glue_6_lacks() -> None:
    lock = GLUE_6_0.file(ROOT).read_text()
    locked = " ".join(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    ended = subprocess.run(
        [sys.executable, "-c", _IMPORT, *(f"glue_jobs.{job}" for job in JOBS)],
        cwd=ROOT,
        env={**os.environ, "LOCKED": locked},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
