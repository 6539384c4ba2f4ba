from __future__ import annotations

import gzip
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.ledger.staging import Staged
from dataplatform.plans.model import SourcePlan
from tests.unit.support.bronzes import PLAN, RECORDS, staged
from tests.unit.support.lakes import Lake, csv_bytes


def test_each_record_becomes_a_row_of_text_that_knows_where_it_came_from(
    lake: Lake, tmp_path: Path
) -> None:
    body = csv_bytes(*RECORDS)
    landed = lake.land("a.csv", body)
    assert staged(lake, tmp_path, landed) == Staged(rows=2, unreadable=0)
    assert lake.rows(PLAN.bronze_table)[0] == {
        "store_id": "1",
        "city": "Bilbao",
        "area": "10.50",
        "opened_at": "1997-01-01",
        "_extra": None,
        "_batch_id": "b1",
        "_object": "stores/a.csv",
        "_version": landed.version,
        "_checksum": sha256(body).hexdigest(),
        "_position": 1,
        "_arrived_at": datetime(2026, 11, 21, 9, tzinfo=UTC),
        "_op": "insert",
    }
    second = lake.rows(PLAN.bronze_table)[1]
    assert (second["city"], second["area"], second["_position"]) == ('A "b", c\nd', None, 2)


def test_the_version_that_was_registered_is_read_not_the_newest(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(RECORDS[0]))
    lake.land("a.csv", csv_bytes(RECORDS[1]))
    staged(lake, tmp_path, landed)
    assert [row["city"] for row in lake.rows(PLAN.bronze_table)] == ["Bilbao"]


def test_the_same_bytes_under_another_name_have_the_same_identity(
    lake: Lake, tmp_path: Path
) -> None:
    objects = [lake.land(name, csv_bytes(*RECORDS)) for name in ("a.csv", "b.csv")]
    assert staged(lake, tmp_path, *objects).rows == 4
    identities = {(r["_checksum"], r["_position"]) for r in lake.rows(PLAN.bronze_table)}
    assert len(identities) == 2


def test_what_an_objects_rows_share_is_kept_once_and_read_as_text(
    lake: Lake, tmp_path: Path
) -> None:
    staged(lake, tmp_path, *(lake.land(name, csv_bytes(*RECORDS)) for name in ("a.csv", "b.csv")))
    table = open_table(PLAN.bronze_table)
    (file,) = (task.file for task in table.scan().plan_files())
    found = pq.ParquetFile(table.io.new_input(file.file_path).open())
    assert not any(map(pa.types.is_dictionary, found.schema_arrow.types))
    place = found.schema_arrow.get_field_index("_object")
    column = found.metadata.row_group(0).column(place)
    assert set(column.encodings) == {"PLAIN", "RLE", "RLE_DICTIONARY"}
    assert (column.statistics.min, column.statistics.max) == ("stores/a.csv", "stores/b.csv")
    number = table.schema().find_field("_object").field_id
    assert (file.lower_bounds[number], file.upper_bounds[number]) == (
        b"stores/a.csv",
        b"stores/b.csv",
    )


def test_json_lines_keep_what_the_contract_does_not_know(lake: Lake, tmp_path: Path) -> None:
    line = '{"store_id": 7, "area": 1.10, "tags": ["x"], "_op": "delete"}\n'
    landed = lake.land("a.json.gz", gzip.compress(line.encode()))
    staged(lake, tmp_path, landed, source=SourcePlan(kind="s3", format="json"))
    (row,) = lake.rows(PLAN.bronze_table)
    assert (row["store_id"], row["area"], row["city"]) == ("7", "1.10", None)
    assert (row["_extra"], row["_op"]) == ('{"tags":["x"]}', "delete")


def test_many_rows_fill_row_groups_without_losing_any(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataplatform.adapters.parquet_files.ROW_GROUP_BYTES", 500_000)
    monkeypatch.setattr("dataplatform.parsing.csv_rows.BLOCK_CHARS", 50_000)
    table = open_table(PLAN.bronze_table)
    with table.transaction() as transaction:
        transaction.set_properties({"write.target-file-size-bytes": "60000"})
    landed = lake.land("a.csv", csv_bytes(*((n, f"city {n}", "", "") for n in range(30_000))))
    assert staged(lake, tmp_path, landed).rows == 30_000
    rows = open_table(PLAN.bronze_table)
    files = [task.file for task in rows.scan().plan_files()]
    assert len(files) > 1
    assert sum(file.record_count for file in files) == 30_000
    ids = rows.scan().to_arrow()["store_id"].to_pylist()
    assert sorted(map(int, ids)) == list(range(30_000))
