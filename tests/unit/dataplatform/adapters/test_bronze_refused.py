from __future__ import annotations

import base64
import gzip
import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataplatform.adapters import bronze
from dataplatform.adapters.bronze import stage
from dataplatform.adapters.bronze_spool import Spool
from dataplatform.errors import TooLarge
from dataplatform.ledger.staging import Staged
from dataplatform.plans.model import SourcePlan
from tests.unit.support.bronzes import PLAN, RECORDS, counted, staged
from tests.unit.support.lakes import Lake, claimed, csv_bytes


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
