"""Copies of the project, in which a test may change contracts and models."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.embedded.harness import ROOT, Platform

PROJECT = ("app.py", "cdk.json", "requirements.txt", "contracts", "models", "layers")
CODE = ("cli", "stacks", "lambdas", "glue_jobs", "dataplatform", "embedded_aws")


def copied(folder: Path) -> Path:
    """The project in another folder."""
    for name in (*PROJECT, *CODE):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def replace(file: Path, *passages: tuple[str, str]) -> None:
    """Change passages of a file, each of which must stand there once."""
    text = file.read_text()
    for old, new in passages:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)


def up(project: Path, platform: Platform, *, code: int = 0) -> str:
    """What `up` says, as the wrapper starts it in that project."""
    return _said(_run(project, platform, "-m", "cli", "up"), {code})


def weir(project: Path, platform: Platform, *arguments: str) -> Any:
    """The answer of a verb, as the wrapper starts it in that project."""
    ended = _run(project, platform, "-m", "cli", *arguments, "--json")
    _said(ended, {0, 3})
    return json.loads(ended.stdout)


def deployed_unasked(project: Path, platform: Platform, *, code: int = 0) -> str:
    """What `up` says that doesn't ask the tables first: `cdk deploy` doesn't, in an account."""
    return _said(_run(project, platform, "-c", _UNASKED), {code})


_UNASKED = """
from cli.screen import Screen
from cli.tools import Tools
from cli.up import deploy, synthesize

screen, tools = Screen(), Tools.load()
assembly, _ = synthesize(screen, tools)
deploy(screen, tools, assembly)
"""


def _run(project: Path, platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=project,
        env={**platform.environment, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


def _said(ended: subprocess.CompletedProcess[str], codes: set[int]) -> str:
    said = ended.stdout + ended.stderr
    assert ended.returncode in codes, said
    return said


@contextmanager
def synthesis_kept(platform: Platform) -> Iterator[None]:
    """Put the synthesis of the project as it is back: what mends the contract needn't wait."""
    assembly, kept = platform.assembly, platform.state / "cdk.out.kept"
    shutil.copytree(assembly, kept)
    try:
        yield
    finally:
        shutil.rmtree(assembly)
        kept.rename(assembly)
