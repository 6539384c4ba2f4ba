"""What the README tells people to type works, on a platform that is up."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.embedded.harness import ROOT, Platform

pytestmark = pytest.mark.embedded

_NOT_HERE = ("up", "test", "down", "cdk", "samples")
"""Verbs that change what all the other tests share, or that call an AWS account."""


def commands() -> list[str]:
    """The `./weir …` lines of the README's shell blocks that can run here, without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("./weir ")]
    return [line for line in lines if line.split()[1] not in _NOT_HERE]


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_works(platform: Platform, line: str, tmp_path: Path) -> None:
    words = shlex.split(line, comments=True)[1:]
    page = tmp_path / "run.html"
    done = platform.weir(*(str(page) if word.endswith(".html") else word for word in words))
    assert done.stdout.strip(), line
    assert page.exists() == any(word.endswith(".html") for word in words)


def test_the_readme_has_commands_to_try() -> None:
    assert len(commands()) >= 4
