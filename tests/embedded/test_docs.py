"""What README and docs/ tell people to type works, in their order, on a platform that is up."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from stacks.platform import CONTEXT_KEYS
from tests.commands import Command, typed
from tests.embedded.harness import Platform

pytestmark = pytest.mark.embedded

CDK = [
    command.words[command.words.index("cdk") + 1 :]
    for command in typed()
    if "cdk" in command.words[:2]
]
HERE = [command for command in typed() if command.runs_here]


@pytest.mark.parametrize("command", HERE, ids=str)
def test_a_command_of_the_pages_works(platform: Platform, command: Command, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    words = [str(page) if word.endswith(".html") else word for word in command.words[1:]]
    done = platform.weir(*words)
    assert done.stdout.strip(), command
    assert page.exists() == (str(page) in words)


@pytest.mark.parametrize("verb", sorted({words[0] for words in CDK}))
def test_verbs_and_options_of_the_cdk_exist(platform: Platform, verb: str) -> None:
    """They need an account, so their help must do: of the pinned CLI, through the wrapper."""
    offered = set(re.findall(r"(?<=[\s,])--?[a-z-]+", platform.weir("cdk", verb, "--help").stdout))
    for words in CDK:
        if words[0] == verb:
            assert {word for word in words if word.startswith("-")} <= offered
            given = [after for word, after in pairwise(words) if word == "-c"]
            assert {setting.partition("=")[0] for setting in given} <= set(CONTEXT_KEYS)


def test_the_pages_have_commands_to_try() -> None:
    assert {command.page for command in HERE} >= {"README.md", "bad-input.md"}
