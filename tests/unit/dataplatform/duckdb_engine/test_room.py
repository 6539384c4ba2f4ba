"""What a killed call leaves on a disk that is used again goes; what a living one has stays."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.room import Room

MIB = 1 << 20

_HOLDER = """
import sys
from pathlib import Path
from dataplatform.duckdb_engine.room import Room
room = Room(Path(sys.argv[1]))
(room.path / "spilled").write_bytes(b"rows")
print(room.path, flush=True)
sys.stdin.read()
"""


def _holder(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_an_engine_clears_what_a_killed_one_left_and_nothing_of_a_living_one(
    tmp_path: Path,
) -> None:
    killed, left = _holder(tmp_path)
    living, used = _holder(tmp_path)
    stranger = tmp_path / "other"
    stranger.mkdir()
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert (left / "spilled").exists()
        with Engine(memory=512 * MIB, storage=128 * MIB, directory=tmp_path) as engine:
            assert not left.exists()
            assert (used / "spilled").exists()
            assert engine.directory.parent == tmp_path
    finally:
        living.kill()
        for process in (killed, living):
            process.communicate()
    assert set(tmp_path.iterdir()) == {used, stranger}


def test_rooms_of_one_process_are_apart_and_closing_twice_harms_none(tmp_path: Path) -> None:
    with Room(tmp_path) as first, Room(tmp_path) as second:
        assert first.path != second.path
        first.close()
        first.close()
        assert not first.path.exists() and second.path.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_room_of_a_process_that_ended_without_closing_is_gone_with_the_next(
    tmp_path: Path,
) -> None:
    process, left = _holder(tmp_path)
    process.communicate("")
    assert left.exists()
    Room(tmp_path).close()
    assert not left.exists()
