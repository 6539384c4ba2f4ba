"""One embedded platform for all embedded tests: brought up once by `./weir up --json`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.harness import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that has run the whole pipeline once; stopped and erased at the end."""
    state: Path = tmp_path_factory.mktemp("platform") / "state"
    up = Platform(state)
    try:
        up.first = up.json("up")
        yield up
    finally:
        up.weir("down", "--erase", "--yes")
