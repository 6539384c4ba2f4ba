"""Files are held against the contract before any is sent; the same bytes are sent once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli import drift, holds
from cli import push as verb
from cli.pipeline import Followed
from cli.push_check import check
from cli.target import Target
from dataplatform.drift.compare import compare
from dataplatform.drift.shape import Sample, observe
from dataplatform.plans.model import Column, SilverPlan
from tests.unit.cli.conftest import RUN, FakeTarget
from tests.unit.support.lakes import csv_bytes, plan_of, stores

Weir = Callable[..., tuple[int, str, str]]


def as_json(**changes: Any) -> SilverPlan:
    plan = stores(**changes)
    return replace(plan, source=replace(plan.source, format="json"))


def found(plan: SilverPlan, path: Path, body: bytes) -> list[tuple[str, str]]:
    path.write_bytes(body)
    return [(problem.field, problem.found) for problem in check(plan, path)[1]]


@pytest.mark.parametrize(
    ("name", "body", "field", "said"),
    [
        ("a.csv", b"id,city\n1,x\n", "store_id", 'missing; "id" looks like it'),
        ("a.csv.gz", gzip.compress(b"city,area\nx,y\n", mtime=0), "store_id", "missing"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0", "content", "UTF-8"),
        ("a.csv", b"a,b\n1,2\n", "header", "2 fields on the first line, none of them a column"),
        ("a.csv", b"store_id\n" + b"x\n" * 20, "store_id", "its values are string, such as x"),
        ("a.csv", b"store_id;city;area\n1;x;2\n", "header", "separated by semicolons"),
        ("a.csv", b"store_id\tcity\tarea\n1\tx\t2\n", "header", "separated by tabs"),
        (
            "a.csv",
            csv_bytes((1, "Caf\u00e9", "", "")).decode().encode("latin-1"),
            "content",
            "UTF-8",
        ),
        ("a.csv", csv_bytes((1, "a", "", ""), (1,))[:-4] + b'"', "content", "never closes"),
        ("a.jsonl", b"{}", "format", "json"),
        ("a.parquet", b"PAR1", "format", "parquet"),
    ],
)
def test_a_file_that_the_contract_would_not_take_is_told_apart(
    tmp_path: Path, name: str, body: bytes, field: str, said: str
) -> None:
    problems = found(stores(), tmp_path / name, body)
    assert any(where == field and said in what for where, what in problems), problems


def test_each_missing_column_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    plan = stores()
    needed = [replace(column, required=True) for column in plan.columns]
    path.write_bytes(b"city,opened_at\nx,\n")
    _, problems = check(replace(plan, columns=tuple(needed)), path)
    assert [problem.field for problem in problems] == ["store_id", "area"]
    assert all(problem.remedy and problem.line == 1 for problem in problems)


def test_a_file_is_refused_for_what_a_run_would_let_wait(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"store_id,town,area,opened_at\n1,Vigo,,\n")
    plan = stores()
    _, (problem,) = check(plan, path)
    shape = observe(Sample(path.read_bytes(), whole=True), format="csv")
    assert shape is not None
    (drift,) = (each for each in compare(shape, plan) if each.breaking)
    assert (drift.column, drift.found) == ("city", "town") == (problem.field, "town")
    assert problem.found == 'missing; "town" looks like it'
    assert "physicalName: town" in problem.remedy


def test_what_does_not_keep_a_file_back_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"store_id,city,opened_at\n1,x,\n")
    head, problems = check(stores(), path)
    assert not problems
    assert head is not None and head.told[0].startswith("column area is missing. Its values are")


@pytest.mark.parametrize("body", [b"", b"\n\n", gzip.compress(b"", mtime=0), csv_bytes()])
def test_a_file_without_records_is_sent_and_told(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(body)
    head, problems = check(stores(), path)
    assert not problems
    assert head is not None and head.rows == 0 and head.told[0].startswith("no records in it")


def test_an_optional_column_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"store_id\n1\n")
    head, problems = check(stores(), path)
    assert head and (head.rows, problems, len(head.told)) == (1, [], 3)


def test_a_file_is_held_against_the_form_that_the_contract_says(tmp_path: Path) -> None:
    plan = stores()
    said = replace(plan.source, options={"delimiter": ";", "encoding": "cp1252"})
    body = "store_id;city\n1;M\u00fcnchen\n".encode("cp1252")
    assert found(replace(plan, source=said), tmp_path / "a.csv", body) == []
    (problem,) = found(replace(plan, source=said), tmp_path / "b.csv", b"store_id,city\n1,x\n")
    assert problem == ("header", "separated by commas, where the contract says semicolons")
    (problem,) = found(
        replace(plan, source=said), tmp_path / "c.csv", "store_id;city\n1;ü\n".encode()
    )
    assert problem == ("encoding", "UTF-8")


@pytest.mark.parametrize(
    ("name", "to"), [("a.csv", "text-a.csv"), ("export", "export.csv"), ("a.json", "a.csv")]
)
def test_parquet_is_known_by_its_bytes_whatever_it_is_called(
    tmp_path: Path, name: str, to: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"PAR1\x15\x04\x15\x00")
    _, (problem,) = check(stores(), path)
    assert (problem.field, problem.found) == ("format", "parquet")
    assert f"COPY (FROM read_parquet('{name}')) TO '{to}' (HEADER)" in problem.remedy


def test_a_column_that_looks_like_the_missing_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"store_id,city_,area,opened_at\n1,x,,\n")
    _, (problem,) = check(stores(), path)
    assert (problem.field, problem.line) == ("city", 1)
    assert '"city_"' in problem.remedy


def test_json_lacks_a_required_field_where_no_record_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert found(as_json(), path, b'{"id": 1}\n{"id": 2}\n') == [("store_id", "missing")]
    assert found(as_json(), path, b'{"id": 1}\n{"store_id": 2}\n') == []
    ((field, said),) = found(as_json(), path, b"[\n{},\n")
    assert field == "records" and "none of 2" in said


def test_fields_that_the_contract_does_not_know_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"store_id": 1, "till": 4}\n')
    head, problems = check(as_json(), path)
    assert head is not None and head.extra == ("till",) and not problems


def test_fields_within_a_column_that_the_contract_does_not_know_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"store_id": 1, "at": {"city": "Vigo", "zip": 1}}\n')
    city = Column(name="city", type="string")
    at = Column(name="at", type="struct<city:string>", parts=(city,))
    plan = as_json(columns=(*stores().columns, at))
    head, problems = check(plan, path)
    assert head is not None and head.extra == ("at.zip",) and not problems


@pytest.mark.parametrize(
    ("name", "body", "remedy"),
    [
        ("a.csv", "store_id,city\n1,Köln\n".encode("cp1252"), "servers.encoding: windows-1252."),
        ("b.csv", "store_id,city\n1,Köln\n".encode("utf-16"), "servers.encoding: UTF-16."),
        ("c.csv", b"store_id,city\n1,a\x00\n", "write it again, as UTF-8."),
        ("d.csv", b'store_id,city\n1,"a\n', "Close the quote"),
        ("e.csv", b"store_id,city,city\n1,a,b\n", "a name of its own"),
        ("f.csv", b"store_id,city\n1,a,b\n", "quote one that holds a comma"),
        ("g.csv", b'store_id,city\n1,"a"b\n', "Quote a whole value"),
        ("a.json", b'[{"store_id": 1}]', "jq -c '.[]' a.json > a.jsonl"),
        ("b.json", b'{\n"store_id": 1\n}', "jq -c . b.json > b.jsonl"),
        ("c.jsonl", b'{\n"store_id": 1\n}', "jq -c . c.jsonl > new-c.jsonl"),
        ("d.json.gz", gzip.compress(b'[{"store_id": 1}]'), "gzip -dc d.json.gz | jq"),
        ("e.jsonl", b'{"store_id":' + b"[" * 9000 + b"]" * 9000 + b"}", "nested so deep"),
        ("f.jsonl", b"PK\x03\x04", "one object on each line"),
        ("g.jsonl", '{"store_id": "ö"}'.encode("latin-1"), "iconv -f ITS_ENCODING -t utf-8 g"),
        ("h.jsonl", '{"store_id": 1}'.encode("utf-16"), "iconv -f utf-16 -t utf-8 h.jsonl > new-h"),
        ("i.jsonl.gz", gzip.compress(b'{"store_id": 1}')[:-4], "its end is missing"),
    ],
)
def test_what_is_written_otherwise_is_told_with_what_would_be_read(
    tmp_path: Path, name: str, body: bytes, remedy: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    _, (problem,) = check(stores() if path.suffix == ".csv" else as_json(), path)
    assert remedy in problem.remedy


class Landing(FakeTarget):
    """A stage whose landing bucket is moto's; its ledger sees each object at once."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = plan_of(stores())  # type: ignore[assignment]
        self.ledger.is_registered = lambda *_: True  # type: ignore[attr-defined]
        self.ledger.due_objects = lambda *_: ["an object"]  # type: ignore[attr-defined]

    def output(self, key: str) -> str:
        return {"LandingBucket": "landing"}[key]

    def client(self, service: str) -> Any:
        return boto3.client(service)  # type: ignore[call-overload]


@pytest.fixture
def landing(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="landing")
        s3.put_bucket_versioning(Bucket="landing", VersioningConfiguration={"Status": "Enabled"})
        stage = Landing()
        monkeypatch.setattr(Target, "choose", lambda _: stage)
        yield s3


def keys(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket="landing").get("Contents", [])]


def test_a_file_is_landed_once_however_often_and_as_whatever_it_is_pushed(
    landing: Any, weir: Weir, tmp_path: Path
) -> None:
    first, again = tmp_path / "new stores.csv", tmp_path / "again.csv"
    for path in (first, again):
        path.write_bytes(csv_bytes((1, "Vigo", "", "")))
    code, out, _ = weir("push", "stores", str(first), "--no-run", "--json")
    (key,) = keys(landing)
    assert code == 0
    assert json.loads(out)["files"] == [{"file": str(first), "key": key, "seen": False}]
    assert key.startswith("stores/push/20") and key.endswith("-new-stores.csv")
    code, out, _ = weir("push", "stores", str(again), str(first), "--no-run", "--json")
    assert [one["seen"] for one in json.loads(out)["files"]] == [True, True]
    assert keys(landing) == [key]


def test_what_an_interrupted_push_has_left_goes_through_with_the_next(
    landing: Any, weir: Weir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(csv_bytes((1, "Vigo", "", "")))
    weir("push", "stores", str(path), "--no-run")
    ran: list[Any] = []

    def execute(screen: Any, target: Any, given: Any) -> Followed:
        ran.append(given)
        return Followed(run_id=RUN.run_id, execution="arn", seconds=1.0)

    monkeypatch.setattr(verb, "execute", execute)
    monkeypatch.setattr(drift, "waiting", lambda *_: [])
    monkeypatch.setattr(holds, "held", lambda *_: [])
    code, out, _ = weir("push", "stores", str(path), "--json")
    assert (code, ran) == (0, [{"datasets": ["stores"]}])
    assert json.loads(out)["run"] == RUN.run_id


def test_one_wrong_file_keeps_all_from_being_sent(landing: Any, weir: Weir, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(csv_bytes((1, "Vigo", "", "")))
    bad.write_bytes(b"id,city\n1,x\n")
    code, _, err = weir("push", "stores", str(good), str(bad), str(tmp_path / "none.csv"))
    assert code == 2
    assert 'store_id: missing; "id" looks like it' in err and "no such file" in err
    assert keys(landing) == []


def test_an_unknown_dataset_is_told(landing: Any, weir: Weir) -> None:
    code, _, err = weir("push", "store", "x.csv")
    assert code == 2 and 'Did you mean "stores"?' in err


def test_keys_sort_by_time_and_are_found_by_content() -> None:
    made = "stores/push/20261121T100412Z-0123456789abcdef-a.csv"
    assert verb._digests(made) == ["0123456789abcdef"]
    assert verb._digests("stores/push/by-hand.csv") == []
