"""Whatever came in whatever batches by whatever rules: a backfill of it all is a clean build."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.support.backfills import backfilled, contents, in_quarantine
from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.merges import Shop, order, orders, shops

Sent = dict[str, object]
BY_STATE = spoiled(("      - name: state\n", "      - name: state\n        partitioned: true\n"))
LIMITS = {"strict": "2", "as ever": "100", "relaxed": "1000"}

RECORDS = st.builds(
    lambda key, day, amount, state, op: order(key, day, amount=amount, state=state, _op=op),
    st.sampled_from([*range(1, 7), "x"]),
    st.integers(1, 5),
    st.sampled_from(["1", "2.50", "nothing", "101"]),
    st.sampled_from(["open", "closed", "", "lost"]),
    st.sampled_from(["insert", "insert", "update", "delete"]),
)
BATCHES = st.lists(st.lists(RECORDS, max_size=8), min_size=1, max_size=4)


@pytest.mark.parametrize("contract", [ORDERS, BY_STATE], ids=["whole", "partitioned"])
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=BATCHES,
    before=st.sampled_from(sorted(LIMITS)),
    after=st.sampled_from(sorted(LIMITS)),
    chunks=st.integers(1, 3),
)
def test_a_backfill_of_everything_is_a_clean_build(
    aws: None, contract: str, batches: list[list[Sent]], before: str, after: str, chunks: int
) -> None:
    def limited(limit: str) -> str:
        return spoiled(("maximum: 100", f"maximum: {LIMITS[limit]}"), text=contract)

    with shops(orders(limited(before))) as shop:
        for batch in batches:
            shop.merged(*batch)
        shop.plan = orders(limited(after))
        backfilled(shop, chunks=chunks)
        found = _state(shop)
        assert shop.ledger.totals("orders").balanced
        again = backfilled(shop, chunks=chunks)
        untouched = again.get("kept", 0) + again.get("absent", 0)
        assert again.get("keys", 0) == untouched, "a second one finds nothing to do"
        assert again.get("kept", 0) == len(shop.rows()), "keys without a row aren't kept ones"
        assert not {"quarantined", "released"} & set(again)
    with shops(orders(limited(after))) as clean:
        clean.merge(*(clean.staged(*batch) for batch in batches))
        assert found == _state(clean)


def _state(shop: Shop) -> tuple[object, object]:
    return contents(shop.rows()), in_quarantine(shop)
