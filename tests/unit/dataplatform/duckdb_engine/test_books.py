"""Whatever comes in whatever batches: the engine does what a plain model of the books does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.merges import Shop, order, orders, shops

Sent = dict[str, object]
BY_STATE = spoiled(("      - name: state\n", "      - name: state\n        partitioned: true\n"))


@dataclass
class Model:
    """Silver as a dict, one record after the other."""

    rows: dict[int, Sent] = field(default_factory=dict)

    def merge(self, records: list[Sent]) -> dict[str, int]:
        """The outcomes that aren't 0."""
        counted: Counter[str] = Counter()
        newest: dict[int, Sent] = {}
        for record in records:
            if not _good(record):
                counted["quarantined"] += 1
                continue
            key = int(str(record["order_id"]))
            if key in newest:
                counted["duplicate"] += 1
            # Of two as new, the later in the file is the newer.
            if key not in newest or str(record["changed_at"]) >= str(newest[key]["changed_at"]):
                newest[key] = record
        for key, record in newest.items():
            counted[self._apply(key, record)] += 1
        return dict(counted)

    def _apply(self, key: int, record: Sent) -> str:
        held, deleted = self.rows.get(key), record["_op"] == "delete"
        if held is None:
            if not deleted:
                self.rows[key] = record
            return "duplicate" if deleted else "inserted"
        if str(held["changed_at"]) > str(record["changed_at"]):
            return "duplicate"
        if deleted:
            del self.rows[key]
            return "deleted"
        if _values(held) == _values(record):
            return "duplicate"
        self.rows[key] = record
        return "updated"


def _good(record: Sent) -> bool:
    try:
        int(str(record["order_id"]))
        amount = Decimal(str(record["amount"]))
    except (ValueError, InvalidOperation):
        # Of a delete only key and ordering count.
        return record["_op"] == "delete" and record["order_id"] != "x"
    return record["_op"] == "delete" or 0 <= amount <= 100


def _values(record: Sent) -> tuple[object, ...]:
    return (Decimal(str(record["amount"])), record["state"] or None, record["changed_at"])


RECORDS = st.builds(
    lambda key, day, amount, state, op: order(key, day, amount=amount, state=state, _op=op),
    st.sampled_from([*range(1, 8), "x"]),
    st.integers(1, 4),
    st.sampled_from(["1", "2.50", "nothing", "101"]),
    st.sampled_from(["open", "closed", ""]),
    st.sampled_from(["insert", "insert", "update", "delete"]),
)
BATCHES = st.lists(st.lists(RECORDS, max_size=12), min_size=1, max_size=4)


@pytest.mark.parametrize("contract", [ORDERS, BY_STATE], ids=["whole", "partitioned"])
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES)
def test_batches_give_the_rows_and_counts_of_the_model(
    aws: None, contract: str, batches: list[list[Sent]]
) -> None:
    model = Model()
    with shops(orders(contract)) as shop:
        for batch in batches:
            assert shop.merged(*batch) == model.merge(batch)
        assert _held(shop) == {key: _values(record) for key, record in model.rows.items()}
        assert shop.ledger.totals("orders").balanced


def _held(shop: Shop) -> dict[int, tuple[object, ...]]:
    return {
        key: (row["amount"], row["state"], row["changed_at"].strftime("%Y-%m-%dT%H:%M:%SZ"))
        for key, row in shop.rows().items()
    }
