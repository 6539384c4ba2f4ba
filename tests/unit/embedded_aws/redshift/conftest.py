from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.support.redshift import Server, Warehouse


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    process = Server(tmp_path_factory.mktemp("redshift-server"))
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def warehouse(server: Server, request: pytest.FixtureRequest) -> Warehouse:
    return Warehouse(server, request.module.__name__.rsplit(".", 1)[-1].replace("_", "-"))
