from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ministack.core import persistence

from embedded_aws.snapshots import Snapshots

Load = Callable[[str], Any]


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Save with ours, load with MiniStack's."""
    monkeypatch.setattr(persistence, "PERSIST_STATE", True)
    monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path))
    monkeypatch.setattr(persistence, "_json_object_hook", persistence._json_object_hook)
    monkeypatch.setattr("ministack.app.save_all", None)
    return persistence.load_state


def test_ministack_restores_what_we_saved(tmp_path: Path, restored: Load) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.install()
    layer = os.urandom(200_000)
    snapshots.save({"lambda": lambda: {"layers": {"lake": layer}, "small": b"x"}})
    assert restored("lambda") == {"layers": {"lake": layer}, "small": b"x"}
    assert (tmp_path / "lambda.json").stat().st_size < 1_000


def test_an_unchanged_service_is_not_written_again(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    assert snapshots.save({"sqs": lambda: {"queues": 1}}) == 1
    (tmp_path / "sqs.json").unlink()
    assert snapshots.save({"sqs": lambda: {"queues": 1}}) == 0
    assert snapshots.save({"sqs": lambda: {"queues": 2}}) == 1


def test_a_dictionary_that_changes_while_it_is_copied_is_copied_again(tmp_path: Path) -> None:
    attempts = iter((RuntimeError("dictionary changed size during iteration"), None))

    def get_state() -> dict[str, int]:
        error = next(attempts)
        if error:
            raise error
        return {"messages": 7}

    Snapshots(tmp_path).save({"sqs": get_state})
    assert json.loads((tmp_path / "sqs.json").read_text())["payload"] == {"messages": 7}


def test_a_service_without_state_keeps_its_last_snapshot(tmp_path: Path) -> None:
    (tmp_path / "sqs.json").write_text("before")
    Snapshots(tmp_path).save({"sqs": lambda: None})
    assert (tmp_path / "sqs.json").read_text() == "before"


def test_one_service_that_cant_be_saved_doesnt_keep_others_from_it(tmp_path: Path) -> None:
    saved = Snapshots(tmp_path).save({"bad": lambda: {"x": object()}, "good": lambda: {"y": 1}})
    assert saved == 1
    assert not (tmp_path / "bad.json").exists()
