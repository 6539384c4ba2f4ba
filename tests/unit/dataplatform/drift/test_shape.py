from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.drift.shape import MAX_RECORDS, Sample, Shape, observe, shape_of_lines
from dataplatform.parsing.csv_form import CsvForm

CSV = "id,name,born\r\n1,Anna,\r\n2,Bo,1990-01-02\r\n"


def seen(shape: Shape | None) -> dict[str, tuple[str, ...]]:
    assert shape is not None
    return {column.name: column.values for column in shape.columns}


def of(text: str, *, middle: str = "", whole: bool = True, format: str = "csv") -> Shape | None:
    return observe(Sample(text.encode(), middle.encode(), whole), format=format)


def test_a_header_says_which_columns_there_are_and_records_what_is_in_them() -> None:
    shape = of(CSV)
    assert shape is not None
    assert (shape.names, shape.records, shape.declared) == (("id", "name", "born"), 2, True)
    assert seen(shape) == {"id": ("1", "2"), "name": ("Anna", "Bo"), "born": ("1990-01-02",)}
    assert [column.type for column in shape.columns] == ["int", "string", "date"]
    assert shape.columns[2].null_share == 0.5


@pytest.mark.parametrize("packed", [False, True])
def test_what_a_sample_cuts_is_passed_over(packed: bool) -> None:
    body = (CSV + '3,"half a\nvalue that goes on').encode()
    if packed:
        body = gzip.compress(body * 1)
        body = body[:-9]  # the end of the stream isn't in the sample
    shape = observe(Sample(body), format="csv")
    assert shape is not None
    assert shape.records in (1, 2)
    assert shape.names == ("id", "name", "born")


def test_the_middle_begins_at_its_first_whole_line() -> None:
    shape = of(CSV, middle="9,not,whole\n7,Zoe,2000-01-01\n8,Ya", whole=False)
    assert seen(shape)["name"] == ("Anna", "Bo", "Zoe")


def test_a_middle_of_gzip_is_not_read() -> None:
    head = gzip.compress(CSV.encode())
    shape = observe(Sample(head, b"\n5,x,2000-01-01\n", whole=False), format="csv")
    assert seen(shape)["id"] == ("1", "2")


def test_a_cut_character_at_either_end_spoils_nothing() -> None:
    body = "id,name\n1,Zoë\n".encode()
    cut = body + b"2,Zo" + "ë".encode()[:1]
    assert seen(observe(Sample(cut), format="csv"))["name"] == ("Zoë",)


def test_records_of_json_name_their_columns_themselves() -> None:
    lines = ['{"id": 1, "tags": ["a"], "x": null}', "not json", '{"id": 1.10, "ok": true}']
    shape = shape_of_lines(lines)
    assert shape is not None
    assert not shape.declared
    assert seen(shape) == {"id": ("1", "1.10"), "tags": ('["a"]',), "x": (), "ok": ("true",)}


def test_deletes_say_nothing_of_the_shape() -> None:
    assert shape_of_lines(['{"_op": "delete", "id": 1}']) is None
    shape = of("id,_op,name\n1,delete,\n2,,Bo\n")
    assert shape is not None
    assert (shape.names, shape.records) == (("id", "name"), 1)


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", b"id,id\n1,2\n", b"a\0b\n", b"\x1f\x8b\x08junk", b'"never closed\n1\n'],
)
def test_what_shows_no_shape_is_left_to_the_parser(body: bytes) -> None:
    assert observe(Sample(body, whole=True), format="csv") is None


def test_few_records_of_many_are_looked_at() -> None:
    lines = "".join(json.dumps({"id": number}) + "\n" for number in range(5 * MAX_RECORDS))
    alone = of(lines, format="json")
    both = of(lines, middle=lines, whole=False, format="json")
    assert alone is not None and both is not None
    assert alone.records == both.records == MAX_RECORDS


@given(data=st.binary(max_size=300), format=st.sampled_from(["csv", "json"]))
def test_no_bytes_break_it(data: bytes, format: str) -> None:
    observe(Sample(data, data, whole=False), format=format)


@given(
    names=st.lists(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), min_size=1, unique=True),
    cut=st.integers(0, 400),
)
def test_every_cut_of_a_file_shows_its_header_or_nothing(names: list[str], cut: int) -> None:
    text = ",".join(names) + "\n" + 20 * (",".join("v" for _ in names) + "\n")
    shape = observe(Sample(text.encode()[:cut]), format="csv")
    assert shape is None or shape.names == tuple(n for n in names if n != "_op")


@pytest.mark.parametrize("codec", ["cp1252", "utf-8", "utf-16"])
def test_a_sample_is_read_in_the_form_that_the_contract_says(codec: str) -> None:
    form = CsvForm(delimiter=";", encoding=codec)
    line = "1,5;Zoë\n".encode(codec)
    body = "price;name\n1,5;Zoë\n".encode(codec)
    shape = observe(Sample(body[:-1], b"\xff" + line, whole=False), format="csv", csv=form)
    assert shape is not None and shape.names == ("price", "name")
    whole = observe(Sample(body, whole=True), format="csv", csv=form)
    assert seen(whole) == {"price": ("1,5",), "name": ("Zoë",)}
