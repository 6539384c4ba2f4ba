"""Whatever comes in whatever batches: the engine does what a plain model of the books does."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataplatform.duckdb_engine import silver
from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.merges import orders, shops
from tests.unit.support.order_model import RECORDS, Model, Sent, held

BY_STATE = spoiled(("      - name: state\n", "      - name: state\n        partitioned: true\n"))


BATCHES = st.lists(st.lists(RECORDS, max_size=12), min_size=1, max_size=4)


@pytest.mark.parametrize("times", [0, 4], ids=["by_keys_first", "read_at_once"])
@pytest.mark.parametrize("contract", [ORDERS, BY_STATE], ids=["whole", "partitioned"])
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES)
def test_batches_give_the_rows_and_counts_of_the_model(
    aws: None, contract: str, times: int, batches: list[list[Sent]]
) -> None:
    model = Model()
    with shops(orders(contract)) as shop, patch.object(silver, "_FEW_TIMES", times):
        for batch in batches:
            assert shop.merged(*batch) == model.merge(batch)
        assert held(shop) == model.held
        assert shop.ledger.totals("orders").balanced
