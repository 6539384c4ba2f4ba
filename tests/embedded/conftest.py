"""One embedded platform for most embedded tests: brought up once by `./weir up --json`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.tools import Tools
from embedded_aws.samples.foodmart import Foodmart
from tests.embedded.first_runs import Kept
from tests.embedded.harness import Platform, running


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that has run the whole pipeline once; erased at the end, without a trace."""
    with running(Platform(tmp_path_factory.mktemp("platform") / "state")) as platform:
        yield platform


@pytest.fixture(scope="session")
def foodmart() -> Foodmart:
    """The publisher's own database."""
    tools = Tools.load()
    return Foodmart.open(tools.path("foodmart"), tools.path("cache"))


@pytest.fixture(scope="session")
def sparks_first_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Kept:
    """Where the process that brings a platform up by Spark keeps what its first run made."""
    own = tmp_path_factory.getbasetemp()
    return Kept((own if worker_id == "master" else own.parent) / "sparks-first-run")
