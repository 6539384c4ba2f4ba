"""One embedded platform for most embedded tests: brought up once by `./weir up --json`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.tools import Tools
from embedded_aws.samples.foodmart import Foodmart
from tests.embedded.first_runs import Kept
from tests.embedded.harness import Platform, running
from tests.embedded.shared import Synthesis


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, synthesis: Synthesis) -> Iterator[Platform]:
    """A platform that has run the whole pipeline once; erased at the end, without a trace."""
    platform = Platform(tmp_path_factory.mktemp("platform") / "state")
    synthesis.give(platform)
    with running(platform):
        yield platform


@pytest.fixture(scope="session")
def foodmart() -> Foodmart:
    """The publisher's own database."""
    tools = Tools.load()
    return Foodmart.open(tools.path("foodmart"), tools.path("cache"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of all processes of the suite."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def sparks_first_run(shared: Path) -> Kept:
    """Where the process that brings a platform up by Spark keeps what its first run made."""
    return Kept(shared / "sparks-first-run")


@pytest.fixture(scope="session")
def synthesis(shared: Path) -> Synthesis:
    """Where the process that begins first keeps the project's templates."""
    return Synthesis(shared / "synthesis")
