"""What a shell asks for when Tab is pressed, as the installed script asks it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.commands import ROOT


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("./weir sta", ["status"]), ("./weir samples r", ["remove", "replay"])],
)
def test_the_shell_completes_verbs(typed: str, offered: list[str]) -> None:
    asked = {
        "_WEIR_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli"],
        cwd=ROOT,
        env={**os.environ, **asked, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == offered
