from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.support.golds import GoldShop, gold_shops
from tests.unit.support.merges import Shop, shops


@pytest.fixture
def shop(aws: None) -> Iterator[Shop]:
    with shops() as shop:
        yield shop


@pytest.fixture
def gold_shop(aws: None, tmp_path: Path) -> Iterator[GoldShop]:
    with gold_shops(tmp_path / "first") as shop:
        yield shop
