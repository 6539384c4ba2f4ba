"""One embedded platform for all embedded tests: brought up once by `./weir up --json`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.harness import Platform, listens, runs


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that has run the whole pipeline once; erased at the end, without a trace."""
    state: Path = tmp_path_factory.mktemp("platform") / "state"
    up = Platform(state)
    try:
        up.first = up.json("up")
        yield up
        ran, port = up.processes(), up.port()
    finally:
        up.weir("down", "--erase", "--yes")
    assert ran, "something ran until now"
    assert not [process for process in ran if runs(process)]
    assert not listens(port)
    assert not state.exists()
