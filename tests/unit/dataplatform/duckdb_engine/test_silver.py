"""Each record's outcome, and what silver, quarantine, ledger and snapshots say of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from tests.unit.support.merges import Shop, counts, order


def test_a_first_batch_is_inserted_with_its_place_and_number(shop: Shop) -> None:
    batch = shop.staged(order(1, 1), order(2, 1, amount="2"))
    assert shop.merge(batch) == {"inserted": 2}
    row = shop.rows()[2]
    assert (row["amount"], row["changed_at"]) == (
        Decimal("2.0000"),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert (row["_batch_id"], row["_position"], row["_sequence"]) == (batch.batch_id, 2, 1)
    assert row["_loaded_at"].tzinfo is not None


def test_every_outcome_in_one_batch(shop: Shop) -> None:
    shop.merged(*(order(key, 5) for key in range(1, 6)))
    batch = shop.staged(
        order(6, 6),
        order(1, 6, amount="9"),
        order(2, 6, _op="delete"),
        order(3, 5),
        order(4, 4, amount="8"),
        order(5, 6, amount="7"),
        order(5, 7, amount="6"),
        order("x", 6),
        order(7, 6, _op="delete"),
    )
    assert shop.merge(batch) == {
        "inserted": 1,
        "updated": 2,
        "deleted": 1,
        "duplicate": 4,
        "quarantined": 1,
    }
    rows = shop.rows()
    assert {key: row["amount"] for key, row in rows.items()} == {
        1: 9,
        3: Decimal("1.5"),
        4: Decimal("1.5"),
        5: 6,
        6: Decimal("1.5"),
    }
    assert {key: row["_sequence"] for key, row in rows.items()} == {1: 2, 3: 1, 4: 1, 5: 2, 6: 2}
    published = shop.ledger.batch(batch.batch_id)
    assert (published.state, published.live, published.sequence) == ("published", 5, 2)
    assert shop.ledger.totals("orders").balanced


def test_a_quarantined_record_is_kept_as_sent_with_every_reason(shop: Shop) -> None:
    batch = shop.staged(order("x", 1, amount="-3", email=""), order(1, 1))
    assert shop.merge(batch) == {"inserted": 1, "quarantined": 1}
    (record,) = shop.lake.rows(shop.plan.quarantine_table)
    sent = json.loads(record["record"])
    assert sent == {
        "order_id": "x",
        "amount": "-3",
        "state": "open",
        "changed_at": "2026-01-01T00:00:00Z",
    }
    assert (record["batch_id"], record["run_id"], record["position"]) == (
        batch.batch_id,
        "run-1",
        1,
    )
    reasons = " ".join(json.loads(record["reasons"]))
    for column in ("order_id", "amount"):
        assert column in reasons
