from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from bootstrap import environment, locks
from bootstrap.layout import Layout
from bootstrap.trouble import Trouble
from tests.unit.bootstrap.conftest import program

_PYTHON = "echo 3.11"
_UV = """
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in
  "cache dir") dirname "$0" ;;
esac
"""


@pytest.fixture
def uv(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that installs nothing and notes how it was called."""
    script = program(layout.cache / "bin" / "uv", _UV)
    monkeypatch.setattr(environment, "ensure_uv", lambda _: script)
    program(layout.python, _PYTHON)
    return script


def calls(uv: Path) -> list[str]:
    return (uv.parent / "calls").read_text().splitlines()


def test_a_fresh_checkout_is_not_ready(layout: Layout) -> None:
    assert not environment.is_ready(layout, locks.UP)


def test_after_the_installation_it_is_ready_without_another(layout: Layout, uv: Path) -> None:
    environment.ensure(layout, locks.UP)
    assert environment.is_ready(layout, locks.UP)
    assert not environment.is_ready(layout, locks.TEST)


def test_what_tests_need_holds_what_up_needs(layout: Layout, uv: Path) -> None:
    environment.ensure(layout, locks.TEST)
    assert environment.is_ready(layout, locks.UP)


def test_a_changed_lock_file_asks_for_a_new_installation(layout: Layout, uv: Path) -> None:
    environment.ensure(layout, locks.UP)
    with locks.UP.file(layout.project).open("a") as lock:
        lock.write("# another version\n")
    assert not environment.is_ready(layout, locks.UP)


def test_up_does_not_take_away_what_tests_brought(layout: Layout, uv: Path) -> None:
    environment.ensure(layout, locks.TEST)
    with locks.UP.file(layout.project).open("a") as lock:
        lock.write("# another version\n")
    environment.ensure(layout, locks.UP)
    assert calls(uv)[-1].endswith("requirements-test.txt")
    assert environment.is_ready(layout, locks.TEST)


def test_a_broken_off_installation_is_not_taken_for_a_whole_one(layout: Layout, uv: Path) -> None:
    environment.ensure(layout, locks.UP)
    program(uv, 'case "$*" in "cache dir") echo /tmp ;; *) exit 1 ;; esac')
    with pytest.raises(Trouble):
        environment.ensure(layout, locks.TEST)
    assert not environment.is_ready(layout, locks.UP)


def test_an_environment_that_was_moved_is_made_anew(layout: Layout, uv: Path) -> None:
    environment.ensure(layout, locks.UP)
    moved = Layout(layout.project.with_name("elsewhere"), layout.cache)
    layout.project.rename(moved.project)
    assert not environment.is_ready(moved, locks.UP)
    environment.ensure(moved, locks.UP)
    assert any(call.startswith("venv ") for call in calls(uv))


def test_without_pip_and_ensurepip_the_one_command_is_named(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare = program(tmp_path / "python3", "exit 1")
    monkeypatch.setattr(environment.sys, "executable", str(bare))  # type: ignore[attr-defined]
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name)
    )
    with pytest.raises(Trouble) as trouble:
        environment.ensure_uv(layout)
    assert trouble.value.remedy.endswith("sudo apt-get install -y python3-venv")


def test_a_disk_too_small_is_named_before_anything_is_fetched(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*_: Any) -> Path:
        raise AssertionError("it began")

    monkeypatch.setattr(environment, "free_bytes", lambda _: 1_000_000)
    monkeypatch.setattr(environment, "ensure_uv", fetched)
    with pytest.raises(Trouble, match="disk is full"):
        environment.ensure(layout, locks.UP)
