"""Where samples come from, and what is made of those that the parser doesn't read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.inference.download import fetched
from cli.inference.reading import UnusableSample
from cli.inference.sources import located
from tests.unit.cli.inference.conftest import Proposed, silent


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1, "price": 1.10}, {"id": 2, "price": 2.50}]',
        '[\n  {\n    "id": 1,\n    "price": 1.10\n  },\n  {"id": 2, "price": 2.50}\n]\n',
        '{\n "id": 1, "price": 1.10\n}\n{"id": 2,\n "price": 2.50}',
    ],
)
def test_json_of_any_layout_becomes_a_record_a_line(
    tmp_path: Path, proposed: Proposed, text: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    sample = located(str(tmp_path / "a.json"), tmp_path, silent)
    lines = [" ".join(line.split()) for line in sample.path.read_text().splitlines()]
    assert [line.replace("{ ", "{").replace(" }", "}") for line in lines] == [
        '{"id": 1, "price": 1.10}',
        '{"id": 2, "price": 2.50}',
    ]
    assert (sample.name, sample.format) == ("a.jsonl", "json")
    assert "JSON Lines" in sample.notes[0]
    assert [c.type for c in proposed("b.json", text).columns] == ["bigint", "decimal(18,2)"]


def test_an_array_larger_than_a_piece_loses_nothing(tmp_path: Path) -> None:
    records = ",\n".join(f'{{"id": {number}, "text": "{"é" * 50}"}}' for number in range(20_000))
    (tmp_path / "a.json").write_text(f"[{records}]", encoding="utf-8")
    sample = located(str(tmp_path / "a.json"), tmp_path, silent)
    lines = sample.path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 20_000
    assert lines[-1].startswith('{"id": 19999,')


def test_gzip_is_seen_through(proposed: Proposed) -> None:
    proposal = proposed("a.csv.gz", gzip.compress(b"id,n\n1,2\n2,2\n"))
    assert (proposal.format, proposal.key) == ("csv", ("id",))


def test_parquet_keeps_its_types(tmp_path: Path, proposed: Proposed) -> None:
    moment = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "Amount": pa.array([Decimal("1.10"), None], pa.decimal128(12, 3)),
            "ratio": pa.array([0.5, float("nan")]),
            "code": ["007", "1"],
            "at": pa.array([moment, moment], pa.timestamp("us", "UTC")),
            "local": pa.array([moment.replace(tzinfo=None)] * 2, pa.timestamp("ns")),
            "day": pa.array([moment.date()] * 2),
            "tags": [["a"], []],
            "ok": [True, None],
            "labels": pa.array([[("a", "1")], [("b", "2")]], pa.map_(pa.string(), pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    proposal = proposed("a.parquet", (tmp_path / "x.parquet").read_bytes())
    assert proposal.format == "json"
    assert {c.field: c.type for c in proposal.columns} == {
        "id": "int", "Amount": "decimal(12,3)", "ratio": "double", "code": "string",
        "at": "timestamp", "local": "timestamp", "day": "date", "tags": "array<string>",
        "ok": "boolean", "labels": "string",
    }  # fmt: skip
    assert {c.field for c in proposal.columns if not c.required} == {"Amount", "ratio", "ok"}


BAD = [
    ("a.csv", b"", "empty file", ""),
    ("a.csv", b"a,b\n", "no records", ""),
    ("a.csv", b"a,a\n1,2\n", "column a stands there twice", "in the platform either"),
    ("a.csv", b"a,b\n\x81,2\n", "not UTF-8 at byte 4", ""),
    ("a.csv", b"a,b\nZo\xc3\xab,\xc3\xbc\n\xe9,2\n", "not UTF-8 at byte 12", ""),
    ("a.csv", b'a,b\n"1,2\n', "never closes", ""),
    ("a.csv", b",\n1,2\n", "no field", ""),
    ("a.csv", b"a,b\n1\n", "no record that can be read (record 1: 1 fields", ""),
    ("a.json", b'[{"a": 1}, 5]', "value 2: not a JSON object but a number", ""),
    ("a.json", b'[{"a": 1}', "an array that never ends", ""),
    ("a.json", b'[{"a": 1}, {"a": ]', "not JSON", ""),
    ("a.json", b'{"a": NaN}\n', "no JSON value", ""),
    ("a.jsonl", b"{}\n{}\n", "no field", ""),
    ("a.xlsx", b"PK\x03\x04....", "a spreadsheet", "as CSV"),
    ("a.json", '{"a": 1}\n'.encode("utf-16"), "UTF-16", "iconv"),
    ("a.parquet", b"PAR1 and then nonsense", "not Parquet", ""),
]


@pytest.mark.parametrize(("name", "content", "found", "remedy"), BAD)
def test_what_cannot_be_used_is_told_with_the_file_what_was_found_and_what_to_do(
    proposed: Proposed, name: str, content: bytes, found: str, remedy: str
) -> None:
    with pytest.raises(UnusableSample) as caught:
        proposed(name, content)
    (problem,) = caught.value.problems
    assert problem.file == name
    assert found in problem.found
    assert problem.expected
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("nowhere.csv", "no such file"),
        ("/", "a folder"),
        ("ftp://example.com/a.csv", "an address of ftp://"),
        ("file:///etc/hostname", "an address of file://"),
        ("http://127.0.0.1:9/a.csv", "no answer"),
    ],
)
def test_an_origin_that_is_not_understood_is_refused_without_its_secrets(
    tmp_path: Path, origin: str, found: str
) -> None:
    with pytest.raises(UnusableSample) as caught:
        located(origin, tmp_path, silent)
    assert found in caught.value.problems[0].found
    assert "secret" not in str(caught.value)


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"id,n\n1,2\n2,3\n"
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header(
                "Location", "file:///etc/hostname" if "file" in self.path else "/a.csv"
            )
            self.end_headers()
        elif self.path.startswith("/a.csv"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(body)
        else:
            self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/a.csv?token=secret", "/moved"])
def test_a_sample_from_the_web(tmp_path: Path, site: str, path: str) -> None:
    sample = located(site + path, tmp_path, silent)
    assert sample.path.read_bytes() == b"id,n\n1,2\n2,3\n"
    assert sample.format == "csv"
    assert "secret" not in sample.origin


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/secret.csv", "answer 403"),
        ("/moved/file", "Redirection to url 'file:///etc/hostname' is not allowed"),
        ("/short", "13 bytes of 1,000"),
    ],
)
def test_an_answer_that_is_no_sample_is_refused(
    tmp_path: Path, site: str, path: str, found: str
) -> None:
    with pytest.raises(UnusableSample) as caught:
        located(site + path, tmp_path, silent)
    assert found in caught.value.problems[0].found


def test_an_answer_without_end_is_cut(tmp_path: Path, site: str) -> None:
    with pytest.raises(UnusableSample, match="more than 0 MiB"):
        fetched(f"{site}/a.csv", tmp_path, silent, most=5)
