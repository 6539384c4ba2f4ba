from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.support.lakes import Lake, lakes, plan_of


@pytest.fixture
def empty_lake(aws: None) -> Iterator[Lake]:
    with lakes() as lake:
        yield lake


@pytest.fixture
def lake(empty_lake: Lake) -> Lake:
    empty_lake.migrate(plan_of())
    return empty_lake
