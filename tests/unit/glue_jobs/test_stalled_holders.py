"""A holder of a table's lease that stands still wakes up when another has published what it had.

The other is a function, whichever engine the first has: that is quick.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dataplatform.ledger.records import table_lease
from dataplatform.overtaken import Overtaken
from tests.unit.support.each_engine import PUBLISHING, shop_of
from tests.unit.support.merges import Shop, order


@pytest.fixture(params=list(PUBLISHING))
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(
    aws: None, engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """One order stands."""
    with shop_of(engine, request, monkeypatch) as shop:
        yield shop


def test_what_another_has_published_meanwhile_is_not_published_again(
    shop: Shop, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = shop.staged(order(2, 1), order(3, 1), order("x", 1))
    name = table_lease(shop.plan.silver_table)
    owner, step = PUBLISHING[engine]
    publish = getattr(owner, step)

    def stalled(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(owner, step, publish)
        holder = shop.ledger.lease_holder(name)
        assert holder is not None
        assert shop.ledger.release_lease(name, holder.owner)
        assert Shop.merge(shop, batch, request="r2") == {"inserted": 2, "quarantined": 1}
        return publish(*given, **named)

    monkeypatch.setattr(owner, step, stalled)
    with pytest.raises(Overtaken):
        shop.merge(batch)
    published = shop.lake.published(shop.plan.silver_table)
    assert set(shop.rows()) == {1, 2, 3}
    assert Shop.merge(shop, batch, request="r3") == {"inserted": 2, "quarantined": 1}
    assert shop.lake.published(shop.plan.silver_table) == published
    assert len(shop.lake.rows(shop.plan.quarantine_table)) == 1
    assert shop.ledger.totals("orders").balanced
    assert shop.ledger.lease_holder(name) is None
