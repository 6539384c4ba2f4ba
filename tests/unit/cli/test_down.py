from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import down as down_verb
from embedded_aws.state import StateDir

Weir = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateDir:
    """What a stopped platform leaves: its data, its log, and the last synthesis."""
    state = StateDir.at(tmp_path / "state")
    for path in (state.objects, state.logs, state.root / "cdk.out"):
        path.mkdir(parents=True)
        (path / "file").touch()
    monkeypatch.setattr(down_verb, "STATE", state.root)
    monkeypatch.setattr(down_verb, "ASSEMBLY", state.root / "cdk.out")
    return state


def test_erasing_leaves_nothing(weir: Weir, state: StateDir) -> None:
    code, out, _ = weir("down", "--erase", "--yes", "--json")
    assert (code, json.loads(out)) == (0, {"stopped": False, "erased": True})
    assert not state.root.exists()


def test_nothing_is_erased_where_nobody_can_be_asked(weir: Weir, state: StateDir) -> None:
    code, out, _ = weir("down", "--erase")
    assert (code, "Confirm with --yes" in out) == (1, True)
    assert (state.objects / "file").exists()


def test_a_stop_keeps_the_data_and_the_synthesis_for_the_next_up(
    weir: Weir, state: StateDir
) -> None:
    assert weir("down")[0] == 0
    assert (state.objects / "file").exists()
    assert (state.root / "cdk.out" / "file").exists()


def test_erasing_leaves_what_somebody_else_put_there(weir: Weir, state: StateDir) -> None:
    (state.root / "notes.txt").touch()
    assert weir("down", "--erase", "--yes")[0] == 0
    assert [path.name for path in state.root.iterdir()] == ["notes.txt"]
