"""An embedded AWS of its own with a small stack, deployed without CDK, used without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.core.machine import Machine
from tests.embedded.core.template import TEMPLATE


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A running server with the stack `core`."""
    machine = Machine(tmp_path_factory.mktemp("core"))
    machine.start()
    try:
        machine.deploy("core", TEMPLATE)
        yield machine
    finally:
        machine.erase()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Machine]:
    """A server that a test may kill, stop and erase."""
    machine = Machine(tmp_path)
    machine.start()
    yield machine
    machine.erase()
