"""Node that ends too early is told as that: in its own words, and in ours what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.assets import ROOT

APP = """
from stacks import node, node_end
node.prepare()
node_end.explain()
import constructs
constructs.RootConstruct()
{then}
"""
ENDS = 'if (process.argv[1]?.endsWith("program.js")) setImmediate(() => {{ {how} }});'


PYTHONS = "Traceback (most recent call last):"


def told(how: str, folder: Path, then: str = "") -> list[str]:
    """What an app says whose CDK's process ends so, unless it does nothing."""
    (folder / "ends.cjs").write_text(ENDS.format(how=how))
    ended = subprocess.run(
        [sys.executable, "-c", APP.format(then=then)],
        cwd=ROOT,
        env={**os.environ, "NODE_OPTIONS": f'--require "{folder}/ends.cjs"'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == (1 if how or then else 0), ended.stderr
    return ended.stderr.splitlines()


@pytest.mark.parametrize(
    ("how", "first"),
    [
        ("throw new Error('it is too hot: 40 °C')", "Error: it is too hot: 40 °C"),
        ("process.kill(process.pid, 'SIGKILL')", PYTHONS),
    ],
)
def test_it_is_told_first_and_what_to_do_last(how: str, first: str, tmp_path: Path) -> None:
    said = told(how, tmp_path)
    assert said.index(first) <= said.index(PYTHONS), "in plain words"
    assert said[-4].startswith("NodeEnded: Node, in which the CDK's library runs, ended before")


@pytest.mark.parametrize("then", ["", "raise BrokenPipeError", "import json; json.loads('')"])
def test_nothing_is_said_of_it_where_it_has_not_ended_too_early(then: str, tmp_path: Path) -> None:
    assert "NodeEnded" not in "\n".join(told("", tmp_path, then))
