"""Memory and disk have limits that the engine tells of, and it leaves nothing behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.manifest import DataFile

from dataplatform.duckdb_engine.engine import Engine, translated
from dataplatform.duckdb_engine.silver import merge_dataset
from dataplatform.duckdb_engine.sizing import refuse_large
from dataplatform.errors import TooLarge
from tests.unit.support.merges import SETTINGS, Shop, order

MIB = 1 << 20
LARGE = "SELECT i, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range(4000000) AS r(i)"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Engine]:
    with Engine(memory=512 * MIB, storage=128 * MIB, directory=tmp_path) as engine:
        yield engine


def test_a_full_disk_after_full_memory_is_too_large(small: Engine) -> None:
    with pytest.raises(TooLarge, match="out of memory"):
        small.execute(f"CREATE TABLE t AS {LARGE}")


def test_more_than_memory_is_moved_to_disk(tmp_path: Path) -> None:
    with Engine(memory=512 * MIB, storage=2048 * MIB, directory=tmp_path) as engine:
        engine.execute(f"CREATE TABLE t AS {LARGE}")
        assert engine.rows("SELECT count(DISTINCT a) FROM t") == [(4_000_000,)]
    assert list(tmp_path.iterdir()) == []


def test_a_cleared_engine_is_as_new(small: Engine) -> None:
    small.execute("CREATE TEMP TABLE t AS SELECT 1 AS a")
    small.execute(f"COPY t TO '{small.place('s3://b/one')}' (FORMAT parquet)")
    small.take(20 * MIB, "one")
    free = small.free
    small.clear()
    assert list(small.directory.glob("*")) == []
    assert small.free == free + 20 * MIB
    with pytest.raises(duckdb.CatalogException):
        small.rows("FROM t")
    assert small.rows("SELECT current_setting('TimeZone')") == [("UTC",)]
    assert small.place("s3://b/two") != small.place("s3://b/one")


def test_a_file_that_takes_anothers_place_is_read_anew(small: Engine) -> None:
    path, moment = small.directory / "orders_filled.parquet", 1_700_000_000
    for value in (1, 2):
        pq.write_table(pa.table({"a": [value] * 3}), path)
        os.utime(path, (moment, moment))  # of one size and one second
        assert small.rows(f"SELECT max(a + 0) FROM read_parquet('{path}')") == [(value,)]


def test_files_that_do_not_fit_the_disk_are_not_fetched(small: Engine) -> None:
    small.take(40 * MIB, "orders")
    with pytest.raises(TooLarge, match="orders: 30 MiB to read, 24 MiB of disk free"):
        small.take(30 * MIB, "orders")


def test_work_that_cannot_fit_is_refused_before_it_begins(small: Engine) -> None:
    file = DataFile.from_args(file_size_in_bytes=60 * MIB)
    with pytest.raises(TooLarge, match="60 MiB in 1 files"):
        refuse_large(small, "orders", [file], expansion=4)
    few = DataFile.from_args(file_size_in_bytes=4 * MIB)
    assert refuse_large(small, "orders", [few], expansion=4, beside=MIB) == 17 * MIB
    with pytest.raises(TooLarge, match="of which"):
        refuse_large(small, "orders", [few], expansion=4, beside=1 << 30)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        duckdb.IOException(f'Could not write file "x": {os.strerror(errno.ENOSPC)}'),
        duckdb.OutOfMemoryException("failed to allocate"),
        MemoryError(),
    ],
)
def test_every_way_of_being_full_is_told_alike(error: Exception) -> None:
    with pytest.raises(TooLarge), translated():
        raise error


def test_another_error_is_not_taken_for_want_of_room(small: Engine) -> None:
    with pytest.raises(duckdb.IOException):
        small.rows("SELECT * FROM read_parquet('nowhere.parquet')")
    with pytest.raises(PermissionError), translated():
        raise PermissionError(errno.EACCES, "no")


def test_rows_come_in_batches(small: Engine) -> None:
    batches = list(small.batches("SELECT i FROM range(100000) AS r(i)"))
    assert sum(batch.num_rows for batch in batches) == 100_000
    assert len(batches) > 1
    assert list(small.directory.glob("*.parquet")) == []


def test_no_extension_is_fetched_and_time_is_utc(small: Engine) -> None:
    names = "'autoinstall_known_extensions', 'autoload_known_extensions', 'TimeZone'"
    asked = f"SELECT value FROM duckdb_settings() WHERE name IN ({names}) ORDER BY lower(name)"
    assert [value for (value,) in small.rows(asked)] == ["false", "false", "UTC"]


def test_a_merge_that_is_too_large_publishes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    batch = shop.staged(order(1, 2), order(2, 1))
    settings = type(SETTINGS)(**{**vars(SETTINGS), "storage_mib": "64"})
    with pytest.raises(TooLarge):
        merge_dataset(settings, shop.ledger, shop.plan, "run-1", [batch], request="r1")
    assert len(shop.rows()) == 1
    assert shop.ledger.batch(batch.batch_id).state == "staged"
    assert shop.merge(batch, request="r2") == {"inserted": 1, "updated": 1}
