"""A checkout and a cache of the test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bootstrap import locks
from bootstrap.layout import Layout

ROOT = Path(__file__).parents[3]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A project with this one's lock files, and nothing installed."""
    project = tmp_path / "project"
    for lock in locks.ALL:
        target = lock.file(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(lock.file(ROOT), target)
    shutil.copytree(ROOT / "bootstrap" / "node", project / "bootstrap" / "node")
    made = Layout(project, tmp_path / "cache" / "weir")
    made.packages.mkdir(parents=True)
    return made


def program(path: Path, text: str) -> Path:
    """A shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path
