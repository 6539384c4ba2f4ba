"""A backfill gives what a clean build gives: rows, quarantine and books."""

from __future__ import annotations

from typing import Any

import pytest

from dataplatform.duckdb_engine import backfill as engine
from dataplatform.duckdb_engine import requarantine
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.errors import AuditFailed, LeaseHeld
from dataplatform.ledger.records import table_lease
from tests.unit.support.backfills import backfilled, done, in_quarantine, planned
from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.merges import Shop, order, orders, shops

DEAR = orders(spoiled(("maximum: 100", "maximum: 1000")))
CHEAP = orders(spoiled(("maximum: 100", "maximum: 2")))


def test_nothing_changes_where_silver_is_what_bronze_says(shop: Shop) -> None:
    shop.merged(order(1, 1), order(2, 1), order("x", 1), order(3, 1))
    shop.merged(order(3, 2, _op="delete"), order(2, 3, amount="7"))
    snapshots, rows = shop.lake.snapshots(shop.plan.silver_table), shop.rows()
    assert backfilled(shop) == {"records": 6, "rejected": 1, "keys": 3, "kept": 2, "absent": 1}
    assert shop.lake.snapshots(shop.plan.silver_table) == snapshots
    assert shop.rows() == rows


def test_keys_of_refused_records_alone_are_no_kept_rows(shop: Shop) -> None:
    shop.merged(order(1, 1), order(2, 1, amount="500"), order(2, 2, amount="600"))
    found = backfilled(shop)
    assert found == {"records": 3, "rejected": 2, "keys": 2, "kept": 1, "absent": 1}
    assert found["kept"] == len(shop.rows())


def test_a_relaxed_check_brings_records_in_and_frees_them(shop: Shop) -> None:
    shop.merged(order(1, 1), order(2, 1, amount="500"))
    shop.merged(order(1, 2, amount="700"))
    assert set(shop.rows()) == {1} and len(in_quarantine(shop)) == 2
    shop.plan = DEAR
    found = backfilled(shop)
    assert found == {"records": 3, "keys": 2, "inserted": 1, "updated": 1, "released": 2}
    assert {key: int(row["amount"]) for key, row in shop.rows().items()} == {1: 700, 2: 500}
    assert in_quarantine(shop) == []
    totals = shop.ledger.totals("orders")
    assert (totals.live, totals.restored, totals.quarantined) == (2, 1, 0)
    assert totals.balanced
    assert shop.ledger.waiting_batches("orders") == []


def test_a_stricter_check_takes_rows_out_and_quarantines_them(shop: Shop) -> None:
    shop.merged(order(1, 1, amount="1"), order(2, 1, amount="3"), order(3, 1))
    shop.merged(order(1, 2, amount="50"))
    shop.plan = CHEAP
    found = backfilled(shop)
    assert found["deleted"] == 1 and found["updated"] == 1 and found["quarantined"] == 2
    # The newest *good* record is what stands: an older one here.
    assert {key: str(row["amount"]) for key, row in shop.rows().items()} == {
        1: "1.0000",
        3: "1.5000",
    }
    assert len(in_quarantine(shop)) == 2
    totals = shop.ledger.totals("orders")
    assert (totals.live, totals.withdrawn, totals.quarantined) == (2, 1, 2)
    assert totals.balanced
    (waiting,) = shop.ledger.waiting_batches("orders")
    assert waiting.waiting == 2
    # And back again: nothing is left of it.
    shop.plan = orders()
    again = backfilled(shop)
    assert (again["inserted"], again["updated"], again["released"]) == (1, 1, 2)
    assert in_quarantine(shop) == [] and shop.ledger.totals("orders").balanced


def test_a_late_old_record_does_not_bring_back_what_was_deleted(shop: Shop) -> None:
    shop.merged(order(1, 1))
    shop.merged(order(1, 3, _op="delete"))
    shop.merged(order(1, 2))  # silver remembers nothing of the delete: the record is inserted
    assert set(shop.rows()) == {1}
    assert backfilled(shop)["deleted"] == 1
    assert shop.rows() == {}


def test_only_keys_of_the_window_are_looked_at(shop: Shop) -> None:
    shop.merged(order(1, 1, amount="500"))
    shop.plan = DEAR
    before = {"since": "2026-11-19T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
    assert backfilled(shop, **before) == {}
    assert shop.rows() == {}


def test_a_batch_that_is_staged_only_is_not_published_by_it(shop: Shop) -> None:
    shop.merged(order(1, 1))
    held = shop.staged(order(1, 2, amount="9"), order(2, 1))
    assert backfilled(shop) == {"records": 1, "keys": 1, "kept": 1}
    assert shop.merge(held) == {"inserted": 1, "updated": 1}


def test_what_a_killed_merge_had_committed_counts_as_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = shop.staged(order(1, 1), order(2, 1))
    with monkeypatch.context() as patched:
        patched.setattr(type(shop.ledger), "publish_batch", _killed)
        with pytest.raises(KeyboardInterrupt):
            shop.merge(batch)
    assert backfilled(shop) == {"records": 2, "keys": 2, "kept": 2}
    assert shop.merge(batch, request="r2") == {"inserted": 2}
    assert shop.ledger.totals("orders").balanced


def test_a_batch_that_is_published_meanwhile_is_read_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    late = shop.staged(order(1, 2, amount="9"))
    derive = engine._Chunk.derive
    calls: list[int] = []

    def between(self: Any, silver: Any) -> None:
        derive(self, silver)
        calls.append(1)
        if len(calls) == 1:
            shop.merge(late)

    monkeypatch.setattr(engine._Chunk, "derive", between)
    assert backfilled(shop) == {"records": 2, "keys": 1, "kept": 1}
    assert int(shop.rows()[1]["amount"]) == 9


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_killed_chunk_finds_its_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    # Of three chunks each has some of these keys.
    shop.merged(*(order(key, 1, amount="500") for key in range(1, 8)), order(9, 1))
    shop.plan = DEAR
    plan = planned(shop, chunks=chunks)
    with monkeypatch.context() as patched:
        patched.setattr(type(shop.ledger), "chunk_done", _killed)
        with pytest.raises(KeyboardInterrupt):
            done(shop, plan)
    snapshots = shop.lake.snapshots(shop.plan.silver_table)
    found = done(shop, plan, request="b2")
    assert shop.lake.snapshots(shop.plan.silver_table) == snapshots + chunks - 1
    assert (found.inserted, found.released, found.keys) == (7, 7, 8)
    assert shop.ledger.totals("orders").balanced
    assert len(shop.rows()) == 8 and in_quarantine(shop) == []


BEFORE_A_COMMIT: dict[str, tuple[Any, str]] = {
    "its copies are in bronze, no record of the next attempt": (requarantine, "replace_once"),
    "quarantine has followed": (engine._Chunk, "_commit"),
}


@pytest.mark.parametrize("where, name", BEFORE_A_COMMIT.values(), ids=BEFORE_A_COMMIT)
def test_a_chunk_killed_before_a_commit_is_done_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    shop.merged(order(1, 1), order(2, 1, amount="3"))
    shop.plan = CHEAP
    plan = planned(shop)
    with monkeypatch.context() as patched:
        patched.setattr(where, name, _killed)
        with pytest.raises(KeyboardInterrupt):
            done(shop, plan)
    found = done(shop, plan, request="b2")
    assert (found.records, found.rejected, found.deleted, found.quarantined) == (2, 1, 1, 1)
    copies = [row for row in shop.lake.rows(shop.plan.bronze_table) if row["_position"] == 2]
    assert len(copies) == 2 and len(in_quarantine(shop)) == 1
    assert set(shop.rows()) == {1}
    assert shop.ledger.totals("orders").balanced


def test_two_writers_of_the_table_take_turns(shop: Shop) -> None:
    shop.merged(order(1, 1))
    with (
        shop.ledger.lease(table_lease(shop.plan.silver_table), "a merge", 60),
        pytest.raises(LeaseHeld),
    ):
        backfilled(shop)


def test_a_failed_audit_leaves_silver_as_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1, amount="500"), order(2, 1))
    shop.plan = DEAR
    before = shop.rows()
    write = LakeTable.write
    monkeypatch.setattr(LakeTable, "write", lambda self, *args: write(self, *args)[:0])
    with pytest.raises(AuditFailed):
        backfilled(shop)
    assert shop.rows() == before


def test_a_dataset_without_key_is_derived_by_object_and_position(aws: None) -> None:
    text = spoiled(("        primaryKey: true\n", ""), text=ORDERS)
    with shops(orders(text)) as shop:
        shop.merged(order(1, 1), order(1, 1, amount="500"), order(2, 1, amount="3"))
        shop.merged(order(1, 1))
        shop.plan = orders(spoiled(("maximum: 100", "maximum: 2"), text=text))
        assert backfilled(shop)["deleted"] == 1
        assert len(shop.lake.rows(shop.plan.silver_table)) == 2
        shop.plan = orders(spoiled(("maximum: 100", "maximum: 1000"), text=text))
        found = backfilled(shop)
        assert (found["inserted"], found["released"]) == (2, 2)
        assert shop.ledger.totals("orders").balanced


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt
