from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyiceberg.exceptions import CommitFailedException

from dataplatform.adapters import bronze, iceberg
from dataplatform.adapters.bronze import recorded, stage
from dataplatform.adapters.bronze_spool import Spool
from dataplatform.adapters.iceberg import open_table
from dataplatform.errors import TableMissing, TooLarge
from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.staging import Staged
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import Column, SourcePlan
from tests.unit.support.clocks import sleeping
from tests.unit.support.lakes import COLUMNS, Lake, claimed, csv_bytes, plan_of, stores

PLAN = stores()
RECORDS = [(1, "Bilbao", "10.50", "1997-01-01"), (2, 'A "b", c\nd', "", "")]
MIB = 1024 * 1024


def staged(
    lake: Lake, tmp_path: Path, *objects: LandedObject, batch_id: str = "b1", **changes: Any
) -> Staged:
    plan = stores(**changes)
    limit = 100 * MIB
    return stage(plan, claimed(batch_id), objects, s3=lake.s3, directory=tmp_path, limit=limit)


def counted(batch_id: str) -> Staged | None:
    """What the commit of a batch says; None where the batch isn't in bronze."""
    return recorded(open_table(PLAN.bronze_table), batch_id)


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


def test_what_a_streams_transform_refused_is_quarantined_as_it_was_put(
    lake: Lake, tmp_path: Path
) -> None:
    raw = base64.b64encode(b"no event").decode()
    refused = {"rawData": raw, "errorCode": "Lambda.ProcessingFailedStatus"}
    objects = [
        lake.land("2026/11/21/09/a", b'{"store_id": 7}\n'),
        lake.land("processing-failed/a", json.dumps(refused).encode(), dataset="stores-rejected"),
    ]
    stream = SourcePlan(kind="kinesis", format="json")
    assert staged(lake, tmp_path, *objects, source=stream) == Staged(rows=1, unreadable=1)
    (bad,) = lake.rows(PLAN.quarantine_table)
    assert (bad["dataset"], bad["position"], bad["record"]) == ("stores", 1, '"no event"')
    assert bad["object"] == "stores-rejected/processing-failed/a"
    assert json.loads(bad["reasons"]) == [
        "not JSON: Expecting value at character 1",
        "not transformed: Lambda.ProcessingFailedStatus",
    ]


def test_a_bad_record_stops_only_itself(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(RECORDS[0], (2, "short"), RECORDS[1]))
    assert staged(lake, tmp_path, landed) == Staged(rows=2, unreadable=1)
    assert [row["_position"] for row in lake.rows(PLAN.bronze_table)] == [1, 3]
    (bad,) = lake.rows(PLAN.quarantine_table)
    assert bad.pop("quarantined_at") is not None
    assert bad == {
        "dataset": "stores",
        "batch_id": "b1",
        "run_id": "run-1",
        "object": "stores/a.csv",
        "version": landed.version,
        "position": 2,
        "record": '"2,short"',
        "reasons": '["2 fields where the header has 4"]',
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (gzip.compress(csv_bytes(*RECORDS), mtime=0)[:-4], "truncated gzip: it stops at byte"),
        (csv_bytes(*RECORDS) + b"3,\xff,,\n", "not UTF-8 at byte"),
        (csv_bytes(*RECORDS) + b"\0\0\0", "NUL byte at byte"),
        (csv_bytes(("x",), header=["other"]), "wrong header: no column store_id, city"),
        (csv_bytes(*RECORDS) + b'3,"x', "a quote opened in record 3 (line 5) never closes"),
    ],
)
def test_an_unreadable_object_is_one_record_and_the_others_pass(
    lake: Lake, tmp_path: Path, body: bytes, reason: str
) -> None:
    objects = [
        lake.land("a.csv", csv_bytes(RECORDS[0])),
        lake.land("bad.csv", body),
        lake.land("c.csv", csv_bytes(RECORDS[1])),
    ]
    assert staged(lake, tmp_path, *objects) == Staged(rows=2, unreadable=1)
    assert {row["_object"] for row in lake.rows(PLAN.bronze_table)} == {
        "stores/a.csv",
        "stores/c.csv",
    }
    (bad,) = lake.rows(PLAN.quarantine_table)
    assert (bad["object"], bad["position"], bad["record"]) == ("stores/bad.csv", None, None)
    assert json.loads(bad["reasons"])[0].startswith(reason)
    assert list(tmp_path.iterdir()) == [], "nothing stays on the disk"


@pytest.mark.parametrize("body", [b"", csv_bytes(), b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_object_or_a_header_alone_is_fine(lake: Lake, tmp_path: Path, body: bytes) -> None:
    assert staged(lake, tmp_path, lake.land("a.csv", body)) == Staged()
    assert lake.snapshots(PLAN.quarantine_table) == 0
    assert counted("b1") == Staged(), "the batch is known to be done"


def test_an_object_that_was_erased_meanwhile_is_counted(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS))
    lake.s3.delete_object(Bucket="landing", Key=landed.key, VersionId=landed.version)
    assert staged(lake, tmp_path, landed) == Staged(unreadable=1)
    (bad,) = lake.rows(PLAN.quarantine_table)
    assert "deleted before it could be read" in bad["reasons"]


def test_of_a_batch_with_an_object_larger_than_the_disk_nothing_is_staged(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bronze, "Spool", partial(Spool, memory=0))
    lines = [(n, "x" * 50, n, "") for n in range(20_000)]
    small, large = lake.land("a.csv", csv_bytes(("bad",))), lake.land("b.csv", csv_bytes(*lines))
    with pytest.raises(TooLarge, match="local disk"):
        stage(PLAN, claimed("b1"), [small, large], s3=lake.s3, directory=tmp_path, limit=10_000)
    assert lake.rows(PLAN.bronze_table) == lake.rows(PLAN.quarantine_table) == []
    assert list(tmp_path.iterdir()) == []


def test_a_batch_is_staged_once(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS, ("bad",)))
    first = staged(lake, tmp_path, landed)
    assert staged(lake, tmp_path, landed) == first == counted("b1")
    assert lake.snapshots(PLAN.bronze_table) == lake.snapshots(PLAN.quarantine_table) == 1
    assert staged(lake, tmp_path, landed, batch_id="b2") == first
    assert len(lake.rows(PLAN.bronze_table)) == 4


def test_an_attempt_that_dies_between_the_commits_is_completed_by_the_next(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS, ("bad",)))
    with monkeypatch.context() as dying:
        dying.setattr(bronze, "append_once", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            staged(lake, tmp_path, landed)
    assert len(lake.rows(PLAN.quarantine_table)) == 1
    assert lake.rows(PLAN.bronze_table) == []
    assert staged(lake, tmp_path, landed) == Staged(rows=2, unreadable=1)
    assert len(lake.rows(PLAN.quarantine_table)) == 1
    assert len(lake.rows(PLAN.bronze_table)) == 2


def test_of_two_attempts_at_once_one_appends(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS, ("bad",)))
    other: list[str] = []

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        if not other:
            other.append("running")
            other.append(str(staged(lake, tmp_path, landed)))
        return parse(*args, **kwargs)

    monkeypatch.setattr("dataplatform.adapters.bronze.parse", overtaken)
    sleeping(monkeypatch, "dataplatform.adapters.iceberg_commits")
    assert str(staged(lake, tmp_path, landed)) == other[1]
    assert lake.snapshots(PLAN.bronze_table) == lake.snapshots(PLAN.quarantine_table) == 1
    assert len(lake.rows(PLAN.bronze_table)) == 2


def test_a_commit_that_always_loses_its_race_fails_loudly(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> None:
        raise CommitFailedException("somebody else")

    monkeypatch.setattr(iceberg, "_append", lost)
    sleeping(monkeypatch, "dataplatform.adapters.iceberg_commits")
    with pytest.raises(CommitFailedException):
        staged(lake, tmp_path, lake.land("a.csv", csv_bytes(*RECORDS)))


def test_batches_of_many_commits_are_found_again(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(RECORDS[0]))
    for number in range(5):
        staged(lake, tmp_path, landed, batch_id=f"b{number}")
    assert counted("b0") == Staged(rows=1)
    assert counted("b") is None
    assert len(lake.rows(PLAN.bronze_table)) == 5


def test_a_missing_table_or_column_names_the_migration(empty_lake: Lake, tmp_path: Path) -> None:
    landed = empty_lake.land("a.csv", csv_bytes(*RECORDS))
    with pytest.raises(TableMissing, match="migrate_schemas"):
        staged(empty_lake, tmp_path, landed)
    empty_lake.migrate(plan_of())
    more = (*COLUMNS, Column(name="florist", type="boolean"))
    with pytest.raises(TableMissing, match="has no column florist"):
        staged(empty_lake, tmp_path, landed, columns=more)


def test_many_rows_fill_row_groups_without_losing_any(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataplatform.adapters.parquet_files.ROW_GROUP_BYTES", 500_000)
    monkeypatch.setattr("dataplatform.parsing.csv_rows.BLOCK_CHARS", 50_000)
    table = iceberg.open_table(PLAN.bronze_table)
    with table.transaction() as transaction:
        transaction.set_properties({"write.target-file-size-bytes": "60000"})
    landed = lake.land("a.csv", csv_bytes(*((n, f"city {n}", "", "") for n in range(30_000))))
    assert staged(lake, tmp_path, landed).rows == 30_000
    rows = iceberg.open_table(PLAN.bronze_table)
    files = [task.file for task in rows.scan().plan_files()]
    assert len(files) > 1
    assert sum(file.record_count for file in files) == 30_000
    ids = rows.scan().to_arrow()["store_id"].to_pylist()
    assert sorted(map(int, ids)) == list(range(30_000))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 200), added=st.binary(max_size=2), zipped=st.booleans())
def test_a_damaged_object_is_never_half_staged(
    lake: Lake, tmp_path: Path, place: int, added: bytes, zipped: bool
) -> None:
    body = csv_bytes(*RECORDS, *RECORDS)
    body = gzip.compress(body, mtime=0) if zipped else body
    at = place % len(body)
    landed = lake.land("a.csv", body[:at] + added + body[at + 1 :])
    batch_id = f"b-{landed.version}"
    counted = staged(lake, tmp_path, landed, batch_id=batch_id)
    rows = lake.rows(PLAN.bronze_table, _batch_id=batch_id)
    bad = lake.rows(PLAN.quarantine_table, batch_id=batch_id)
    assert (len(rows), len(bad)) == (counted.rows, counted.unreadable)
    if any(record["position"] is None for record in bad):
        assert (len(rows), len(bad)) == (0, 1)
