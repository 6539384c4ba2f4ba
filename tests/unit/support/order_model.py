"""Orders as a plain model keeps them: what silver must hold, whatever made it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from hypothesis import strategies as st

from tests.unit.support.merges import Shop, order

Sent = dict[str, object]


@dataclass
class Model:
    """Silver as a dict, one record after the other."""

    rows: dict[int, Sent] = field(default_factory=dict)

    @property
    def held(self) -> dict[int, tuple[object, ...]]:
        """Each order's amount, state and time."""
        return {key: values(record) for key, record in self.rows.items()}

    def merge(self, records: list[Sent]) -> dict[str, int]:
        """The outcomes that aren't 0."""
        counted: Counter[str] = Counter()
        newest: dict[int, Sent] = {}
        for record in records:
            if not good(record):
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
        if values(held) == values(record):
            return "duplicate"
        self.rows[key] = record
        return "updated"


def good(record: Sent) -> bool:
    """Whether a record is to be taken."""
    try:
        int(str(record["order_id"]))
        amount = Decimal(str(record["amount"]))
    except (ValueError, InvalidOperation):
        # Of a delete only key and ordering count.
        return record["_op"] == "delete" and record["order_id"] != "x"
    return record["_op"] == "delete" or 0 <= amount <= 100


def values(record: Sent) -> tuple[object, ...]:
    """What of a record is compared."""
    return (Decimal(str(record["amount"])), record["state"] or None, record["changed_at"])


RECORDS = st.builds(
    lambda key, day, amount, state, op: order(key, day, amount=amount, state=state, _op=op),
    st.sampled_from([*range(1, 8), "x"]),
    st.integers(1, 4),
    st.sampled_from(["1", "2.50", "nothing", "101"]),
    st.sampled_from(["open", "closed", ""]),
    st.sampled_from(["insert", "insert", "update", "delete"]),
)
"""Orders of few keys, on few days, some of them bad."""


def held(shop: Shop) -> dict[int, tuple[object, ...]]:
    """The same of what silver holds."""
    return {
        key: (row["amount"], row["state"], row["changed_at"].strftime("%Y-%m-%dT%H:%M:%SZ"))
        for key, row in shop.rows().items()
    }
