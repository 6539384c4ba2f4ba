"""Each record's outcome, and what silver, quarantine, ledger and snapshots say of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pyiceberg.types import StringType

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine import silver
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.errors import NotForThisEngine
from tests.unit.support.contracts import spoiled
from tests.unit.support.merges import Shop, order, orders, shops

KEYLESS = spoiled(("        primaryKey: true\n", ""))
BY_STATE = spoiled(("      - name: state\n", "      - name: state\n        partitioned: true\n"))
BY_MOMENT = spoiled(
    (
        "timestamp\n        required: true\n",
        "timestamp\n        required: true\n        primaryKey: true\n",
    )
)
HALF = Decimal("1.5")


def test_a_first_batch_is_inserted_with_its_place_and_number(shop: Shop) -> None:
    batch = shop.staged(order(1, 1), order(2, 1, amount="2"))
    assert shop.merge(batch) == {"inserted": 2}
    row = shop.rows()[2]
    assert (row["amount"], row["changed_at"]) == (Decimal(2), datetime(2026, 1, 1, tzinfo=UTC))
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
    counted = {"inserted": 1, "updated": 2, "deleted": 1, "duplicate": 4, "quarantined": 1}
    assert shop.merge(batch) == counted
    rows = shop.rows()
    amounts = {key: row["amount"] for key, row in rows.items()}
    assert amounts == {1: 9, 3: HALF, 4: HALF, 5: 6, 6: HALF}
    assert {key: row["_sequence"] for key, row in rows.items()} == {1: 2, 3: 1, 4: 1, 5: 2, 6: 2}
    published = shop.ledger.batch(batch.batch_id)
    assert (published.state, published.live, published.sequence) == ("published", 5, 2)
    assert shop.ledger.totals("orders").balanced


def test_of_two_records_as_new_as_each_other_the_one_that_came_later_stands(shop: Shop) -> None:
    assert shop.merged(order(1, 1, amount="1"), order(2, 2)) == {"inserted": 2}
    assert shop.merged(order(1, 1, amount="2"), order(2, 2, _op="delete")) == {
        "updated": 1,
        "deleted": 1,
    }
    assert str(shop.rows()[1]["amount"]) == "2.0000"


def test_a_commit_says_what_it_carries(shop: Shop) -> None:
    shop.merged(order(1, 1), order(2, 1))
    batch = shop.staged(order(1, 2, _op="delete"), order(3, 2))
    shop.merge(batch)
    table = LakeTable.open(shop.plan.silver_table)
    summary = table.snapshots()[0].summary
    assert summary["weir.batches"] == batch.batch_id
    assert json.loads(summary["weir.outcomes"])[batch.batch_id]["deleted"] == 1
    assert (summary["weir.sequence"], summary["weir.deleted"]) == ("2", "1")
    totals = shop.ledger.totals("orders")
    assert (totals.files, totals.bytes) == (table.size().files, table.size().bytes)
    assert totals.files == 1
    assert totals.bytes > 0


def test_batches_of_one_merge_count_each_their_own(shop: Shop) -> None:
    first = shop.staged(order(1, 1), order("x", 1))
    second = shop.staged(order(1, 2), order(2, 1))
    assert shop.merge(first, second) == {"inserted": 2, "duplicate": 1, "quarantined": 1}
    books = [shop.ledger.batch(batch.batch_id) for batch in (first, second)]
    assert [book.outcomes.duplicate for book in books] == [1, 0]
    assert [book.outcomes.inserted for book in books] == [0, 2]
    assert {book.sequence for book in books} == {1}


def test_a_batch_that_changes_nothing_commits_nothing_and_is_published(shop: Shop) -> None:
    shop.merged(order(1, 1))
    before = shop.lake.snapshots(shop.plan.silver_table)
    batch = shop.staged(order(1, 1))
    assert shop.merge(batch) == {"duplicate": 1}
    assert shop.lake.snapshots(shop.plan.silver_table) == before
    assert shop.ledger.batch(batch.batch_id).sequence == 1


def test_an_empty_batch_is_published(shop: Shop) -> None:
    batch = shop.staged()
    assert shop.merge(batch) == {}
    assert shop.ledger.batch(batch.batch_id).state == "published"
    assert shop.rows() == {}


def test_a_delete_of_the_last_row_leaves_an_empty_table(shop: Shop) -> None:
    shop.merged(order(1, 1))
    assert shop.merged(order(1, 2, _op="delete")) == {"deleted": 1}
    assert shop.rows() == {}
    assert shop.merged(order(1, 3)) == {"inserted": 1}


def test_a_quarantined_record_is_kept_as_sent_with_every_reason(shop: Shop) -> None:
    batch = shop.staged(order("x", 1, amount="-3", email=""), order(1, 1))
    assert shop.merge(batch) == {"inserted": 1, "quarantined": 1}
    (record,) = shop.lake.rows(shop.plan.quarantine_table)
    sent = {"order_id": "x", "amount": "-3", "state": "open", "changed_at": "2026-01-01T00:00:00Z"}
    assert json.loads(record["record"]) == sent
    assert (record["batch_id"], record["run_id"]) == (batch.batch_id, "run-1")
    assert (record["object"], record["position"]) == ("orders/1.csv", 1)
    reasons = " ".join(json.loads(record["reasons"]))
    for column in ("order_id", "amount"):
        assert column in reasons


def test_records_without_a_key_are_told_apart_by_object_and_place() -> None:
    with shops(orders(KEYLESS)) as shop:
        landed = shop.land(order(1, 1), order(1, 1))
        assert shop.merge(shop.staged_objects([landed])) == {"inserted": 2}
        again = shop.lake.land("again.csv", _body(shop, landed.key), "orders")
        assert shop.merge(shop.staged_objects([again])) == {"duplicate": 2}
        assert shop.merged(order(1, 1)) == {"inserted": 1}
        assert len(shop.lake.rows(shop.plan.silver_table)) == 3


def test_a_row_moves_to_the_partition_of_its_new_value() -> None:
    with shops(orders(BY_STATE)) as shop:
        shop.merged(*(order(key, 1, state=("open", "closed", "")[key % 3]) for key in range(9)))
        assert shop.merged(order(0, 2, state="closed"), order(9, 2)) == {
            "inserted": 1,
            "updated": 1,
        }
        rows = shop.rows()
        assert (rows[0]["state"], rows[9]["state"], rows[2]["state"]) == ("closed", "open", None)
        assert len(rows) == 10
        # The file of open orders was replaced; a closed one came beside the old.
        files = LakeTable.open(shop.plan.silver_table).files()
        parts = sorted((str(file.partition[0]), file.record_count) for file in files)
        assert parts == [("None", 3), ("closed", 1), ("closed", 3), ("open", 3)]


def test_only_inserts_leave_every_file_as_it_is(shop: Shop) -> None:
    shop.merged(order(1, 1), order(3, 1))
    (before,) = LakeTable.open(shop.plan.silver_table).files()
    shop.merged(order(2, 1))
    after = LakeTable.open(shop.plan.silver_table).files()
    assert before.file_path in {file.file_path for file in after}
    assert len(after) == 2


def test_files_without_a_key_of_the_batch_are_not_read(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in (0, 100, 200):
        shop.merged(*(order(key, 1) for key in range(start, start + 10)))
    read = _read(shop, monkeypatch)
    untouched = {file.file_path for file in LakeTable.open(shop.plan.silver_table).files()}
    # 5 and 205 lie around the second file's keys.
    assert shop.merged(order(5, 2), order(205, 1), order(300, 1)) == {
        "inserted": 1,
        "updated": 1,
        "duplicate": 1,
    }
    assert read == ["held 10", "held 10", "touched 10", "touched 10", "replaced 10"]
    stayed = {file.file_path for file in LakeTable.open(shop.plan.silver_table).files()}
    assert len(untouched & stayed) == 2


def test_files_of_other_days_than_the_batchs_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of moments and days only the manifests' own bounds are asked, not those of each file."""
    with shops(orders(BY_MOMENT)) as shop:
        for day in (1, 2, 3):
            shop.merged(*(order(key, day) for key in range(10)))
        read = _read(shop, monkeypatch)
        assert shop.merged(order(5, 3, amount="2"), order(5, 4)) == {"inserted": 1, "updated": 1}
        assert read == ["held 10", "touched 10", "replaced 10"]


def _read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What of silver is read from now on: the view's name and the file's rows."""
    read: list[str] = []
    view = LakeTable.view

    def spying(self: LakeTable, engine: object, name: str, files: object, **more: object) -> object:
        if self.name == shop.plan.silver_table:
            read.extend(f"{name} {file.record_count}" for file in files)  # type: ignore[attr-defined]
        return view(self, engine, name, files, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(LakeTable, "view", spying)
    return read


def test_a_table_that_its_contract_has_outgrown_is_left_to_spark(shop: Shop) -> None:
    with open_table(shop.plan.silver_table).update_schema() as update:
        update.add_column("later", StringType())
    with pytest.raises(NotForThisEngine, match="later"):
        shop.merged(order(1, 1))


def test_rows_that_stay_are_null_in_a_column_that_came_later(shop: Shop) -> None:
    shop.merged(order(1, 1), order(2, 1))
    with open_table(shop.plan.silver_table).update_schema() as update:
        update.delete_column("state")
    with open_table(shop.plan.silver_table).update_schema() as update:
        update.add_column("state", StringType())
    assert shop.merged(order(2, 2, state="closed")) == {"updated": 1}
    assert {key: row["state"] for key, row in shop.rows().items()} == {1: None, 2: "closed"}


def test_the_lease_is_free_afterwards(shop: Shop) -> None:
    shop.merged(order(1, 1))
    assert shop.ledger.lease_holder(f"table:{shop.plan.silver_table}") is None


def test_a_lease_outlasts_every_call() -> None:
    assert silver.LEASE_SECONDS > 15 * 60


def _body(shop: Shop, key: str) -> bytes:
    body: bytes = shop.lake.s3.get_object(Bucket="landing", Key=key)["Body"].read()
    return body
