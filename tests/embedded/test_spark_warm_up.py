"""A server that is told so warms Spark up before there is any job, role or bucket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from embedded_aws import supervisor
from embedded_aws.spark.settings import WARM, WARM_UP_VARIABLE
from embedded_aws.state import StateDir
from embedded_aws.tools import Tools

pytestmark = pytest.mark.embedded

SECONDS = 240.0


@pytest.fixture
def children(tmp_path: Path) -> Iterator[tuple[StateDir, psutil.Process]]:
    """A server that warms up, and its state."""
    state = StateDir.at(tmp_path / "state")
    endpoint = supervisor.start(state.root, Tools.discover({WARM_UP_VARIABLE: "1"}))
    yield state, psutil.Process(endpoint.pid)
    supervisor.erase(state.root)


def test_a_warmed_up_jvm_waits_for_jobs_and_ends_with_the_server(
    children: tuple[StateDir, psutil.Process],
) -> None:
    state, server = children
    log = state.logs / "aws.log"
    deadline = time.monotonic() + SECONDS
    while WARM not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        assert "isn't warm" not in log.read_text(), (state.logs / "spark.log").read_text()[-4000:]
        time.sleep(0.1)
    (jvm,) = [process for process in server.children() if process.name() == "java"]
    assert not list((state.temporary / "spark").glob("job-*"))
    supervisor.stop(state.root)
    assert not jvm.is_running()
