"""What the engine reads and writes of a table, beside what a merge does with it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.expressions import EqualTo
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import ManifestContent
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.types import DecimalType, IntegerType

from dataplatform.adapters.iceberg.commits import changing
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.s3_objects import upload
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.sql import duckdb_type
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.duckdb_engine.views import AT, FILE
from dataplatform.errors import NotForThisEngine
from tests.unit.support.contracts import spoiled
from tests.unit.support.merges import Shop, order, orders, shops

BY_STATE = spoiled(("      - name: state\n", "      - name: state\n        partitioned: true\n"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(memory=2 << 30, storage=1 << 30, directory=tmp_path) as engine:
        yield engine


def test_a_view_has_the_rows_and_their_places(shop: Shop, engine: Engine) -> None:
    shop.merged(order(1, 1), order(2, 1))
    shop.merged(order(3, 1))
    table = LakeTable.open(shop.plan.silver_table)
    local = table.view(engine, "v", table.files(), columns=["order_id"], with_places=True)
    rows = engine.rows(f"SELECT order_id, {FILE}, {AT} FROM v ORDER BY order_id")
    assert [row[0] for row in rows] == [1, 2, 3]
    assert [row[2] for row in rows] == [0, 1, 0]
    assert {row[1] for row in rows} == set(local)
    assert [local[number].record_count for number in sorted(local)] in ([1, 2], [2, 1])


def test_a_transaction_sees_what_it_has_changed_so_far(shop: Shop) -> None:
    table = open_table(shop.plan.silver_table)
    with changing(table) as transaction:
        before = transaction.table_metadata
        assert transaction.table_metadata is before, "copied where nothing has changed"
        transaction.set_properties({"weir.noted": "here"})
        assert transaction.table_metadata.properties["weir.noted"] == "here"
        assert "weir.noted" not in before.properties
    assert open_table(shop.plan.silver_table).properties["weir.noted"] == "here"


def test_a_file_is_fetched_once(shop: Shop, engine: Engine) -> None:
    shop.merged(order(1, 1))
    table = LakeTable.open(shop.plan.silver_table)
    table.view(engine, "a", table.files())
    free = engine.free
    table.view(engine, "b", table.files())
    assert engine.free == free


def test_columns_are_found_by_their_ids_in_files_of_another_schema(
    shop: Shop, engine: Engine
) -> None:
    shop.merged(order(1, 1, email="a@b"))
    with open_table(shop.plan.silver_table).update_schema() as update:
        update.rename_column("email", "mail")
        update.rename_column("state", "email")
        update.add_column("later", IntegerType())
    table = LakeTable.open(shop.plan.silver_table)
    table.view(engine, "v", table.files(), columns=["mail", "email", "later"])
    assert engine.rows("SELECT * FROM v") == [("a@b", "open", None)]
    assert engine.rows("SELECT typeof(later) FROM v") == [("INTEGER",)]


def test_a_column_that_was_widened_since_is_read_as_it_is_now(shop: Shop, engine: Engine) -> None:
    shop.merged(order(1, 1, amount="2.5"))
    with open_table(shop.plan.silver_table).update_schema() as update:
        update.update_column("amount", DecimalType(20, 4))
    table = LakeTable.open(shop.plan.silver_table)
    table.view(engine, "v", table.files(), columns=["amount"])
    assert engine.rows("SELECT typeof(amount), amount FROM v") == [
        ("DECIMAL(20,4)", Decimal("2.5"))
    ]


def test_a_view_without_files_has_columns_and_no_rows(shop: Shop, engine: Engine) -> None:
    table = LakeTable.open(shop.plan.silver_table)
    assert table.view(engine, "v", table.files(), with_places=True) == {}
    assert engine.rows("SELECT * FROM v") == []
    names = [row[0] for row in engine.rows("SELECT column_name FROM (DESCRIBE v)")]
    assert names == [*table.columns, FILE, AT]


def test_a_partition_is_all_that_is_read_of_a_table() -> None:
    with shops(orders(BY_STATE)) as shop:
        shop.merged(order(1, 1, state="open"), order(2, 1, state="closed"))
        table = LakeTable.open(shop.plan.silver_table)
        (file,) = table.files(EqualTo("state", "closed"))  # type: ignore[arg-type, call-arg]
        assert (file.record_count, file.partition[0]) == (1, "closed")


def test_a_file_carries_ids_bounds_and_its_target_size(shop: Shop, engine: Engine) -> None:
    table = LakeTable.open(shop.plan.silver_table)
    casts = ", ".join(
        f"CAST({'i' if c == 'order_id' else 'NULL'} AS {duckdb_type(table.type_of(c))}) AS {c}"
        for c in table.columns
    )
    (file,) = table.write(engine, f"SELECT {casts} FROM range(5000) AS r(i)")
    number = table.field_id("order_id")
    assert file.record_count == 5000
    assert int.from_bytes(file.upper_bounds[number], "little") == 4999
    assert file.null_value_counts[table.field_id("amount")] == 5000
    table.view(engine, "v", [file])
    written = pq.read_schema(engine.place(file.file_path))
    assert written.field("order_id").metadata[b"PARQUET:field_id"] == str(number).encode()


def test_every_engine_reads_what_this_one_writes(shop: Shop) -> None:
    shop.merged(order(1, 1, amount="99.9999"))
    read = open_table(shop.plan.silver_table).scan().to_arrow()
    assert read.schema.field("order_id").type == pa.int64()
    assert read.schema.field("amount").type == pa.decimal128(10, 4)
    assert read.schema.field("changed_at").type == pa.timestamp("us", "UTC")


def test_a_file_without_ids_is_refused(shop: Shop, engine: Engine, tmp_path: Path) -> None:
    shop.merged(order(1, 1))
    table = LakeTable.open(shop.plan.silver_table)
    (file,) = table.files()
    schema = schema_to_pyarrow(open_table(table.name).schema(), include_field_ids=False)
    pq.write_table(schema.empty_table(), tmp_path / "unmarked.parquet")
    upload(tmp_path / "unmarked.parquet", file.file_path)
    with pytest.raises(NotForThisEngine, match="without Iceberg's ids"):
        table.view(engine, "v", [file])


def test_a_table_with_delete_files_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.merged(order(1, 1))
    manifests = Snapshot.manifests

    def with_deletes(self: Snapshot, io: object) -> object:
        found = manifests(self, io)  # type: ignore[arg-type]
        found[0]._data[3] = ManifestContent.DELETES
        return found

    monkeypatch.setattr(Snapshot, "manifests", with_deletes)
    with pytest.raises(NotForThisEngine, match="delete files"):
        LakeTable.open(shop.plan.silver_table).files()
