from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.layout import Layout
from tests.unit.bootstrap.conftest import ROOT, program


def call(weir: Path, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": os.environ["HOME"]}
    return subprocess.run(
        [weir, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A PATH with what a bare machine has, and no Python."""
    directory = tmp_path / "commands"
    directory.mkdir()
    for name in ("cat", "dirname", "sh"):
        (directory / name).symlink_to(str(shutil.which(name)))
    return directory


@pytest.fixture
def weir(tmp_path: Path) -> Path:
    """The wrapper in a checkout without an environment."""
    (tmp_path / "checkout").mkdir()
    return Path(shutil.copy(ROOT / "weir", tmp_path / "checkout" / "weir"))


def test_without_python_it_says_what_to_install(weir: Path, commands: Path) -> None:
    ended = call(weir, commands, "up")
    assert ended.returncode == 4
    assert len(ended.stderr.splitlines()) == 3
    assert "apt-get install -y python3" in ended.stderr


def test_a_python_that_is_too_old_is_passed_over(weir: Path, commands: Path) -> None:
    program(commands / "python3.11", 'echo "python3.11: command not found" >&2; exit 127')
    program(commands / "python3", 'case "$1" in -c) exit 1 ;; *) echo old ;; esac')
    program(commands / "python", 'case "$1" in -c) exit 0 ;; *) echo "new: $5" ;; esac')
    assert call(weir, commands, "--version", "up").stdout == "new: up\n"


def test_arguments_arrive_as_they_were_given(weir: Path, commands: Path) -> None:
    program(commands / "python3", 'case "$1" in -c) ;; *) shift 3; printf "<%s>" "$@" ;; esac')
    ended = call(weir, commands, "sql", "select * from a", "", "$HOME")
    assert ended.stdout == "<sql><select * from a><><$HOME>"


def test_an_environment_that_is_there_is_used_at_once(weir: Path, commands: Path) -> None:
    program(weir.parent / ".venv" / "bin" / "python", "echo ours")
    program(commands / "python3", "echo another")
    assert call(weir, commands, "up").stdout == "ours\n"


def test_the_cache_follows_xdg_unless_that_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert Layout.of_machine(ROOT).cache == Path("/elsewhere/weir")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert Layout.of_machine(ROOT).cache == Path("/home/someone/.cache/weir")
