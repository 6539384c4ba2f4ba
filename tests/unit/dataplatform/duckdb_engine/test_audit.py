"""What breaks a gate or is odd isn't published; a person may let it through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dataplatform.compiler.silver import silver_plan
from dataplatform.duckdb_engine.silver import merge_dataset
from dataplatform.errors import BatchHeld
from dataplatform.ledger.profiles import KEPT
from dataplatform.ledger.records import Batch
from tests.unit.support.contracts import contract, spoiled
from tests.unit.support.gated import gated
from tests.unit.support.lakes import NAMES
from tests.unit.support.merges import SETTINGS, Shop, order, orders, shops

WARNED = spoiled(
    (
        "      - name: state\n",
        "      - name: state\n"
        "        quality:\n"
        "          - {type: library, metric: nullValues, mustBe: 0, severity: warning}\n",
    )
)


def accept(shop: Shop, *batches: Batch) -> None:
    merge_dataset(
        SETTINGS, shop.ledger, shop.plan, "run-1", batches, request="accepted", accept=True
    )


def usual(shop: Shop, runs: int = 5, records: int = 60) -> None:
    """Earlier publications, all alike."""
    for run in range(runs):
        first = run * records
        shop.merged(*(order(first + key, 1) for key in range(records)))


def test_a_gate_that_warns_tells_and_publishes() -> None:
    with shops(gated("warning")) as shop:
        shop.merged(order(2, 1, state="closed"), order(3, 1, state="closed"))
        assert len(shop.rows()) == 2
        note = shop.ledger.audit("run-1", "orders")
        assert note is not None
        assert note.state == "passed"
        assert note.summary == "sql: 2; expected at most 1 (few are closed)"


def test_a_gate_is_asked_of_the_newest_good_records_without_deletes() -> None:
    with shops(gated()) as shop:
        closed = {"state": "closed"}
        shop.merged(order(1, 1), order(2, 1))
        shop.merged(
            order(1, 2, **closed),
            order(2, 2, **closed),
            order(2, 3),
            order("x", 2, **closed),
            order(3, 2, _op="delete", **closed),
        )
        assert {key: row["state"] for key, row in shop.rows().items()} == {1: "closed", 2: "open"}


def test_ten_times_the_volume_is_held_and_what_was_published_stays(shop: Shop) -> None:
    usual(shop)
    before = shop.rows()
    batch = shop.staged(*(order(10_000 + key, 1) for key in range(600)))
    with pytest.raises(BatchHeld, match="row_count: 600 records; expected 6 to 180 records"):
        shop.merge(batch)
    assert shop.rows() == before
    accept(shop, batch)
    assert len(shop.rows()) == 900
    assert [profile.rows for profile in shop.ledger.profiles("orders")] == [600, *[60] * 5]


def test_a_column_that_is_suddenly_empty_is_held(shop: Shop) -> None:
    usual(shop)
    with pytest.raises(BatchHeld, match=r"amount.null_share: 100 %; expected 0 % to "):
        shop.merged(*(order(9000 + key, 1, amount="") for key in range(60)))


def test_what_changes_nothing_is_no_anomaly_and_leaves_no_figures(shop: Shop) -> None:
    usual(shop)
    again = [order(key, 1) for key in range(300)]
    assert shop.merged(*again) == {"duplicate": 300}
    assert len(shop.ledger.profiles("orders")) == 5


def test_bounds_that_a_contract_has_switched_off_hold_nothing() -> None:
    with shops(replace(orders(), anomalies="off", audit=None)) as shop:
        usual(shop)
        shop.merged(*(order(10_000 + key, 1) for key in range(600)))
        assert len(shop.rows()) == 900
        assert shop.ledger.profiles("orders") == []


def test_only_the_last_figures_are_kept(shop: Shop) -> None:
    for key in range(KEPT + 2):
        shop.merged(order(key, 1))
    items = list(shop.ledger._query("profiles#orders"))
    assert [int(item["sk"]) for item in items] == list(range(3, KEPT + 3))


def test_records_that_are_warned_of_pass_and_are_counted() -> None:
    with shops(silver_plan(contract(WARNED), NAMES)) as shop:
        batch = shop.staged(order(1, 1, state=""), order(2, 1), order(3, 1, state=""))
        assert shop.merge(batch) == {"inserted": 3}
        note = shop.ledger.audit("run-1", "orders")
        assert note is not None
        assert note.warned == sum(note.warnings.values()) == 2
        assert shop.ledger.batch(batch.batch_id).warned == shop.ledger.totals("orders").warned == 2


def totals(shop: Shop) -> object:
    return shop.ledger.totals("orders")
