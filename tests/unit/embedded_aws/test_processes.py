from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from embedded_aws.errors import StartFailed
from embedded_aws.processes import (
    Processes,
    ProcessRecord,
    ProcessSpec,
    ready_when_exists,
)
from embedded_aws.state import StateDir

WRITE_READY = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir.at(tmp_path)


def _spec(tmp_path: Path, code: str) -> ProcessSpec:
    ready = tmp_path / "ready"
    return ProcessSpec(
        name="sample",
        argv=[sys.executable, "-c", code, str(ready)],
        env={"PATH": os.environ["PATH"]},
        ready=ready_when_exists(ready),
    )


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_process_is_found_again_by_its_record(state: StateDir, tmp_path: Path) -> None:
    record = Processes(state).start(_spec(tmp_path, WRITE_READY), seconds=20)
    assert Processes(state).find("sample") == record
    Processes(state).stop(record, seconds=5)
    assert not record.alive()
    assert not list(Processes(state).records())


def test_stopping_kills_what_ignores_the_signal_and_its_children(
    state: StateDir, tmp_path: Path
) -> None:
    record = Processes(state).start(_spec(tmp_path, STUBBORN), seconds=20)
    child = int(_when_written(tmp_path / "ready"))
    assert _lives(child)
    Processes(state).stop(record, seconds=0.3)
    assert not _lives(record.pid)
    assert not _lives(child)


def test_children_of_a_crashed_process_are_found_and_killed(
    state: StateDir, tmp_path: Path
) -> None:
    record = Processes(state).start(_spec(tmp_path, STUBBORN), seconds=20)
    child = int(_when_written(tmp_path / "ready"))
    os.kill(record.pid, 9)
    assert _ends(record)
    assert _lives(child)
    Processes(state).stop(record, seconds=5)
    assert not _lives(child)


def test_somebody_elses_process_with_the_same_number_is_left_alone(state: StateDir) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        stale = ProcessRecord(name="sample", pid=other.pid, started=time.time() - 86_400)
        state.run.mkdir()
        (state.run / "sample.process.json").write_text(json.dumps(vars(stale)))
        (found,) = Processes(state).records()
        assert not found.alive()
        Processes(state).stop(found, seconds=0.1)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_process_that_ends_while_starting_shows_its_last_words(
    state: StateDir, tmp_path: Path
) -> None:
    with pytest.raises(StartFailed) as failure:
        Processes(state).start(
            _spec(tmp_path, "import sys; print('no such table'); sys.exit(3)"), seconds=20
        )
    assert "status 3" in failure.value.what
    assert "no such table" in failure.value.why
    assert str(state.logs / "sample.log") in failure.value.remedy


def test_a_process_that_is_never_ready_is_killed_at_the_deadline(
    state: StateDir, tmp_path: Path
) -> None:
    before = _living_children()  # other tests' servers and their Spark may live on
    with pytest.raises(StartFailed, match="wasn't ready after"):
        Processes(state).start(_spec(tmp_path, "import time; time.sleep(60)"), seconds=0.5)
    assert not list(Processes(state).records())
    assert _living_children() <= before


def _ends(record: ProcessRecord) -> bool:
    deadline = time.monotonic() + 10
    while record.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not record.alive()


def _when_written(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not (text := path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return text


def _living_children() -> set[int]:
    children = psutil.Process().children()
    return {child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE}
