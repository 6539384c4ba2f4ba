"""Gold models on DuckDB: what is computed, compared, exported, committed, and found again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pyiceberg.manifest import DataFile

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine import fetching, tables
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.errors import AuditFailed, TooLarge
from dataplatform.gold.records import Counts
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import table_lease
from dataplatform.naming import CONSUMED_PROPERTY
from tests.unit.support.golds import DIM, FACT, GoldShop, plan_of

OPEN, CLOSED = ("open", "1.5"), ("closed", "2.5")


@pytest.fixture
def shop(gold_shop: GoldShop) -> GoldShop:
    return gold_shop


def files(shop: GoldShop, model: str) -> set[str]:
    table = LakeTable.open(shop.plan.model(model).table)
    return {file.file_path for file in table.files()}


def builds(shop: GoldShop, model: str) -> int:
    """Commits of the model's table that say what they were made from."""
    snapshots = LakeTable.open(shop.plan.model(model).table).snapshots()
    return sum(CONSUMED_PROPERTY in snapshot.summary for snapshot in snapshots)


class TestComparison:
    def test_a_first_build_inserts_every_row(self, shop: GoldShop) -> None:
        shop.publish("carts", {1: OPEN, 2: CLOSED})
        assert shop.build("dim") == Counts(2, 0, 0)
        assert shop.rows("dim") == [(1, "open"), (2, "closed")]
        state = shop.ledger.model("dim")
        assert state is not None
        assert (state.rows, state.sequences, state.files) == (2, {"carts": 1}, 1)
        assert state.bytes > 0

    def test_a_model_that_is_what_its_inputs_say_is_left_alone(self, shop: GoldShop) -> None:
        shop.publish("carts", {1: OPEN})
        shop.build("dim")
        assert shop.build("dim") is None
        assert builds(shop, "dim") == 1
        assert [s for s in shop.ledger.steps(shop.run_id) if s.name == "gold"] == []

    def test_a_whole_model_updates_what_differs_and_deletes_what_is_gone(
        self, shop: GoldShop
    ) -> None:
        shop.publish("carts", {1: OPEN, 2: OPEN, 3: (None, "1"), 4: OPEN})
        shop.build("dim")
        shop.publish("carts", {2: CLOSED, 3: (None, "9"), 5: OPEN}, 4)
        assert shop.build("dim") == Counts(1, 1, 1)
        assert shop.rows("dim") == [(1, "open"), (2, "closed"), (3, None), (5, "open")]
        assert shop.exported("dim") == [
            (2, "closed", "upsert"),
            (4, "open", "delete"),
            (5, "open", "upsert"),
        ]

    def test_inputs_that_moved_without_a_change_are_noted_without_a_commit(
        self, shop: GoldShop
    ) -> None:
        shop.publish("carts", {1: OPEN})
        shop.build("dim")
        shop.publish("carts", {1: ("open", "7")})
        assert shop.build("dim") == Counts(0, 0, 0)
        assert builds(shop, "dim") == 1
        assert len(shop.ledger.pending_loads("dim")) == 1
        assert shop.build("dim") is None

    def test_rows_that_share_a_key_are_refused_and_nothing_is_written(
        self, shop: GoldShop, tmp_path: Path
    ) -> None:
        twice = f"{DIM}UNION ALL SELECT c.order_id, 'x' FROM silver.carts AS c"
        shop.deploy(plan_of(tmp_path / "twice", {"dim": twice}))
        shop.publish("carts", {7: OPEN})
        with pytest.raises(AuditFailed, match="2 rows share the key order_id=7"):
            shop.build("dim")
        assert shop.rows("dim") == []
        assert shop.ledger.model("dim") is None
        last = shop.ledger.steps(shop.run_id)[-1]
        assert (last.name, last.state) == ("gold", "failed")

    def test_a_row_without_its_key_is_refused(self, shop: GoldShop, tmp_path: Path) -> None:
        by_state = "-- key: state\nSELECT DISTINCT c.state FROM silver.carts AS c"
        shop.deploy(plan_of(tmp_path / "null", {"dim2": by_state}))
        shop.publish("carts", {7: (None, "1")})
        with pytest.raises(AuditFailed, match="row has the key state=NULL"):
            shop.build("dim2")

    def test_a_model_whose_meaning_changed_is_made_whole_again(
        self, shop: GoldShop, tmp_path: Path
    ) -> None:
        shop.publish("orders", {1: OPEN, 2: CLOSED})
        shop.build("fact")
        shop.deploy(plan_of(tmp_path / "b", {"fact": f"{FACT}WHERE o.state = 'open'"}))
        assert shop.build("fact") == Counts(0, 0, 1)
        state = shop.ledger.model("fact")
        assert state is not None and state.digest == shop.plan.model("fact").digest


class TestIncremental:
    def test_changed_rows_alone_are_compared_and_delete_nothing(self, shop: GoldShop) -> None:
        shop.publish("orders", {1: OPEN, 2: OPEN})
        shop.build("fact")
        shop.publish("orders", {2: CLOSED, 3: OPEN})
        assert shop.build("fact") == Counts(1, 1, 0)
        assert shop.rows("fact") == [
            (1, "open", Decimal("1.5")),
            (2, "closed", Decimal("2.5")),
            (3, "open", Decimal("1.5")),
        ]

    def test_only_new_files_are_read(self, shop: GoldShop, monkeypatch: pytest.MonkeyPatch) -> None:
        shop.publish("orders", {number: OPEN for number in range(100)})
        shop.build("fact")
        shop.publish("orders", {200: OPEN})
        read: list[str] = []
        fetched = fetching.fetch

        def fetch(engine: Engine, table: str, found: list[DataFile]) -> dict[Path, DataFile]:
            read.extend(table for _ in found)
            return fetched(engine, table, found)

        monkeypatch.setattr(tables, "fetch", fetch)
        before = files(shop, "fact")
        assert shop.build("fact") == Counts(1, 0, 0)
        assert read == [shop.plan.dataset("orders").silver_table]
        assert files(shop, "fact") > before

    def test_a_file_without_a_changed_row_stays_where_it_is(self, shop: GoldShop) -> None:
        shop.publish("orders", {1: OPEN})
        shop.build("fact")
        first = files(shop, "fact")
        shop.publish("orders", {2: OPEN})
        shop.build("fact")
        shop.publish("orders", {2: CLOSED})
        assert shop.build("fact") == Counts(0, 1, 0)
        assert first < files(shop, "fact")
        assert len(files(shop, "fact")) == 2

    def test_deleted_rows_make_the_model_whole(self, shop: GoldShop) -> None:
        shop.publish("orders", {1: OPEN, 2: OPEN})
        shop.build("fact")
        shop.publish("orders", {}, 1)
        shop.publish("orders", {3: OPEN})
        assert shop.build("fact") == Counts(1, 0, 1)
        assert [row[0] for row in shop.rows("fact")] == [2, 3]

    def test_another_input_that_moved_makes_the_model_whole(
        self, shop: GoldShop, tmp_path: Path
    ) -> None:
        joined = (
            "-- key: order_id\n-- incremental: orders\nSELECT o.order_id, c.state\n"
            "FROM silver.orders AS o LEFT JOIN silver.carts AS c ON o.order_id = c.order_id"
        )
        shop.deploy(plan_of(tmp_path / "joined", {"joined": joined}))
        shop.publish("orders", {1: OPEN})
        shop.publish("carts", {1: OPEN})
        shop.build("joined")
        shop.publish("carts", {1: CLOSED})
        assert shop.build("joined") == Counts(0, 1, 0)
        assert shop.rows("joined") == [(1, "closed")]


class TestKilled:
    def test_between_export_and_commit_exports_again_and_loads_once(
        self, shop: GoldShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.publish("carts", {1: OPEN})
        with monkeypatch.context() as patched:
            patched.setattr(LakeTable, "publish", _killed)
            with pytest.raises(KeyboardInterrupt):
                shop.build("dim")
        assert shop.rows("dim") == []
        assert shop.build("dim") == Counts(1, 0, 0)
        assert shop.exported("dim") == [(1, "open", "upsert")]
        assert len(shop.ledger.pending_loads("dim")) == 1

    def test_after_the_commit_is_found_in_the_table_and_told_to_the_ledger(
        self, shop: GoldShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.publish("carts", {1: OPEN, 2: OPEN})
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "model_built", _killed)
            with pytest.raises(KeyboardInterrupt):
                shop.build("dim")
        assert shop.ledger.model("dim") is None
        assert shop.build("dim") is None
        assert builds(shop, "dim") == 1
        state = shop.ledger.model("dim")
        assert state is not None
        assert (state.rows, state.inserted, state.sequences) == (2, 2, {"carts": 1})
        assert shop.exported("dim") == [(1, "open", "upsert"), (2, "open", "upsert")]

    def test_a_compaction_since_is_no_build(self, shop: GoldShop) -> None:
        shop.publish("orders", {1: OPEN})
        shop.build("fact")
        table = LakeTable.open(shop.plan.model("fact").table)
        with DataFiles(open_table(table.name), {}) as files:
            kept = open_table(table.name).scan().to_arrow().cast(files.arrow_schema)
            for batch in kept.to_batches():
                files.write(batch)
        table.publish(
            added=files.finish(),
            removed=table.files(),
            properties={},
            expected_rows=lambda before: before,
        )
        assert CONSUMED_PROPERTY not in table.snapshots()[0].summary
        assert shop.build("fact") is None
        shop.publish("orders", {2: OPEN})
        assert shop.build("fact") == Counts(1, 0, 0)


def test_more_to_read_than_the_limit_is_too_large_and_no_failure(shop: GoldShop) -> None:
    shop.publish("carts", {1: OPEN})
    shop.limit = 10
    shop.run()
    with pytest.raises(TooLarge, match="0 MiB to read, with weir_dev_silver.carts"):
        shop.builder(handed_over=(TooLarge,)).build_due("dim")
    last = shop.ledger.steps(shop.run_id)[-1]
    assert (last.name, last.state) == ("gold", "skipped")
    assert shop.ledger.lease_holder(table_lease(shop.plan.model("dim").table)) is None


def _killed(*args: object, **said: object) -> None:
    raise KeyboardInterrupt
