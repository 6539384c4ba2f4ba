from __future__ import annotations

from collections.abc import Iterator

import pytest

from dataplatform.ledger import Ledger
from tests.unit.support.ledgers import Clock, credentials, ledgers


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(monkeypatch)


@pytest.fixture
def opened() -> Iterator[tuple[Ledger, Clock]]:
    with ledgers() as both:
        yield both


@pytest.fixture
def ledger(opened: tuple[Ledger, Clock]) -> Ledger:
    return opened[0]


@pytest.fixture
def clock(opened: tuple[Ledger, Clock]) -> Clock:
    return opened[1]
