from __future__ import annotations

import pytest

from tests.unit.support.redshift import Server, Warehouse


@pytest.fixture(scope="module")
def warehouse(redshift: Server, request: pytest.FixtureRequest) -> Warehouse:
    return Warehouse(redshift, request.module.__name__.rsplit(".", 1)[-1].replace("_", "-"))
