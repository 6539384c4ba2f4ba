"""What a person gets who mistypes, asks for help, or presses Ctrl-C at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from cli import run as run_verb
from cli.app import app
from cli.screen import Exit
from cli.wrapper import ROOT
from tests.unit.cli.conftest import FakeTarget

_GUARDED = """
import sys
from cli.__main__ import _guarded
def call():
    {say}
sys.exit(_guarded(call, debug=False))
"""

Weir = Callable[..., tuple[int, str, str]]


def test_a_time_that_is_none_is_refused_before_anything_starts(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_verb, "execute", lambda *_: pytest.fail("started"))
    code, _, err = weir("run", "--from", "tomorrow")
    assert code == Exit.USAGE
    assert 'from: "tomorrow"; expected an ISO 8601 date' in err
    assert "Nothing was started." in err


def test_no_paragraph_of_help_keeps_the_line_breaks_of_its_source() -> None:
    """Typer joins the lines of a help's first paragraph alone."""
    commands: list[tuple[str, Any]] = [("weir", typer.main.get_command(app))]
    for name, command in commands:
        commands += [(f"{name} {sub}", c) for sub, c in getattr(command, "commands", {}).items()]
        _, *more = (command.help or "").strip().split("\n\n")
        assert not [paragraph for paragraph in more if "\n" in paragraph.strip()], name
    assert len(commands) > 20


def test_help_gives_no_flag_a_value(weir: Weir) -> None:
    commands: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    for name, command in commands:
        commands += [((*name, sub), c) for sub, c in getattr(command, "commands", {}).items()]
        if name == ("cdk",):  # its help is the CDK's own
            continue
        code, out, _ = weir(*name, "--help")
        assert (code, "--help" in out, "<bool>" in out) == (Exit.DONE, True, False), name


@pytest.mark.parametrize("verb", ["--help", "a line of its own"])
def test_a_reader_that_has_read_enough_makes_no_failure(verb: str) -> None:
    gone, written = os.pipe()
    os.close(gone)
    say = "from cli.screen import Screen; Screen().say('x')"
    start = ["-m", "cli", verb] if verb == "--help" else ["-c", _GUARDED.format(say=say)]
    with os.fdopen(written, "w") as out:
        ended = subprocess.run(
            [sys.executable, *start], cwd=ROOT, stdout=out, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, ended.stderr) == (Exit.DONE, b"")


def test_ctrl_c_while_weir_is_still_loading_ends_it_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    ended = subprocess.run(
        [sys.executable, "-m", "cli", "status"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


@pytest.mark.parametrize("verb", [("status",), ("contracts", "lineage")])
@pytest.mark.parametrize(
    ("place", "said"), [("no/page.html", "No such file or directory"), ("", "Is a directory")]
)
def test_a_page_that_can_not_be_written_there_is_wrong_usage(
    verb: tuple[str, ...], place: str, said: str, weir: Weir, target: FakeTarget, tmp_path: Path
) -> None:
    code, _, err = weir(*verb, "--html", str(tmp_path / place))
    assert code == Exit.USAGE
    assert err.startswith(f"✗ --html {tmp_path / place}: {said}\n  The page wasn't written.\n")
