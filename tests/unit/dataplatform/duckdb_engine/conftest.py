from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.support.merges import Shop, shops


@pytest.fixture
def shop(aws: None) -> Iterator[Shop]:
    with shops() as shop:
        yield shop
