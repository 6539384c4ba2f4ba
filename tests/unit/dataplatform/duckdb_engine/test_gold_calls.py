"""What the models of one call of a function share, and the order of their commits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine import fetching, gold, tables
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.gold_tables import GoldTable
from dataplatform.errors import AuditFailed
from dataplatform.gold.builder import GoldBuilder
from dataplatform.gold.due import Standing
from dataplatform.gold.records import Counts
from dataplatform.naming import CONSUMED_PROPERTY, changes_table
from tests.unit.support.golds import MODELS, GoldShop

OPEN, CLOSED = ("open", "1.5"), ("closed", "2.5")


@pytest.fixture
def shop(gold_shop: GoldShop) -> GoldShop:
    gold_shop.publish("carts", {1: CLOSED})
    gold_shop.publish("orders", {1: OPEN, 2: OPEN})
    return gold_shop


def build_all(shop: GoldShop) -> GoldBuilder:
    """Every model in one call."""
    shop.run()
    builder = shop.builder()
    for name in MODELS:
        builder.build_due(name)
    return builder


def engines(monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """The engines that are opened from now on."""
    opened: list[Engine] = []

    def opening(**given: Any) -> Engine:
        opened.append(Engine(**given))
        return opened[-1]

    monkeypatch.setattr(gold, "Engine", opening)
    return opened


def built(shop: GoldShop, model: str) -> bool:
    """Whether the model's table has a commit of a build."""
    table = GoldTable.open(shop.plan.model(model).table)
    return any(CONSUMED_PROPERTY in snapshot.summary for snapshot in table.snapshots())


def glue_updates(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[str], None] = lambda name: None
) -> list[str]:
    """Tables of which the catalogue is told from now on, in that order."""
    told: list[str] = []
    update = GlueCatalog._update_glue_table

    def updating(self: GlueCatalog, database_name: str, table_name: str, *rest: Any) -> None:
        before(table_name)
        update(self, database_name, table_name, *rest)
        told.append(table_name)

    def named(self: GlueCatalog, *args: Any, **named: Any) -> None:
        updating(self, *args, *named.values())

    monkeypatch.setattr(GlueCatalog, "_update_glue_table", named)
    return told


def test_models_share_an_engine_that_each_finds_empty(
    shop: GoldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = engines(monkeypatch)
    build_all(shop)
    assert len(opened) == 1
    assert list(opened[0].directory.glob("*.parquet")) == []
    first = {name: shop.rows(name) for name in MODELS}
    shop.publish("orders", {3: OPEN, 4: CLOSED})
    build_all(shop)
    assert len(opened) == 2
    assert [row[0] for row in shop.rows("fact")] == [1, 2, 3, 4]
    assert {row[:2]: row[3] for row in shop.rows("totals")} == {
        ("closed", "none"): 1,
        ("open", "closed"): 1,
        ("open", "none"): 2,
    }
    assert shop.rows("dim") == first["dim"]


def test_an_engine_in_which_a_model_failed_is_not_used_again(
    shop: GoldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = engines(monkeypatch)
    shop.run()
    builder = shop.builder()
    with monkeypatch.context() as failing, pytest.raises(AuditFailed):
        failing.setattr(gold.DuckdbChanges, "require_unique", _refused)
        builder.build_due("dim")
    assert not opened[0].directory.exists()
    assert builder.build_due("fact") == Counts(2, 0, 0)
    assert len(opened) == 2


def test_of_its_own_table_an_aggregate_reads_what_may_hold_a_touched_group(
    shop: GoldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_all(shop)
    read: list[str] = []
    fetched = fetching.fetch

    def fetch(engine: Engine, table: str, found: list[DataFile]) -> dict[Path, DataFile]:
        read.extend(table for _ in found)
        return fetched(engine, table, found)

    monkeypatch.setattr(tables, "fetch", fetch)
    own = shop.plan.model("totals").table
    shop.publish("orders", {5: ("paid", "3")})
    build_all(shop)
    assert read and own not in read
    shop.publish("orders", {6: ("paid", "4")})
    build_all(shop)
    assert read.count(own) == 1
    assert {row[0]: row[3] for row in shop.rows("totals")}["paid"] == 2


def test_who_had_the_lease_meanwhile_is_told_by_the_table_and_no_row_is_added_twice(
    shop: GoldShop,
) -> None:
    build_all(shop)
    shop.publish("orders", {5: OPEN, 6: ("paid", "4")})
    shop.build("fact")
    seen = Standing.of(shop.ledger, shop.plan.model("totals"))
    assert shop.build("totals") is not None
    rows = shop.rows("totals")
    assert shop.builder().build_due("totals", seen) is None
    assert shop.rows("totals") == rows


def test_what_is_built_after_the_ledger_was_asked_is_noted_as_read_and_added_once(
    shop: GoldShop,
) -> None:
    build_all(shop)
    shop.publish("orders", {5: OPEN, 6: ("paid", "4")})
    seen = Standing.of(shop.ledger, shop.plan.model("totals"))
    assert shop.build("fact") == Counts(2, 0, 0)
    assert shop.builder().build_due("totals", seen) is not None
    rows = shop.rows("totals")
    assert {row[0]: row[3] for row in rows}["paid"] == 1
    shop.build("totals")
    assert shop.rows("totals") == rows


def test_the_catalogue_is_told_of_the_export_first(
    shop: GoldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.build("dim")  # a table without rows gets a snapshot before its first
    shop.publish("carts", {2: OPEN})
    told = glue_updates(monkeypatch)
    shop.build("dim")
    assert told == [changes_table("dim"), "dim"]


def test_without_its_export_a_model_is_not_committed(
    shop: GoldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(table: str) -> None:
        if table == changes_table("dim"):
            raise PermissionError(table)

    with monkeypatch.context() as patched:
        glue_updates(patched, refused)
        with pytest.raises(PermissionError):
            shop.build("dim")
    assert not built(shop, "dim")
    assert shop.build("dim") == Counts(1, 0, 0)
    assert shop.exported("dim") == [(1, "closed", "upsert")]


def test_an_export_that_another_commit_overtook_keeps_its_number(
    shop: GoldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = changes_table(shop.plan.model("dim").table)
    overtaking = [open_table(changes)]

    def first(table: str) -> None:
        if table == changes_table("dim") and overtaking:
            other = overtaking.pop()
            with other.transaction() as transaction:
                transaction.set_properties({"weir.noted": "another"})
            raise CommitFailedException(table)

    glue_updates(monkeypatch, first)
    assert shop.build("dim") == Counts(1, 0, 0)
    (load,) = shop.ledger.pending_loads("dim")
    table = open_table(changes)
    (appended,) = table.metadata.snapshots
    assert load.export_uri.endswith(f"/{appended.snapshot_id}.manifest")
    assert table.properties["weir.noted"] == "another"
    assert shop.exported("dim") == [(1, "closed", "upsert")]


def _refused(changes: gold.DuckdbChanges) -> None:
    raise AuditFailed("two rows share a key", why="", remedy="")
