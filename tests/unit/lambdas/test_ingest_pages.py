from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.errors import SourceRejected
from dataplatform.ledger.records import Cursor
from lambdas.api_pages import Page, PageFormat, parse_page

FORM = PageFormat(
    records_path="result.data",
    has_more_path="page.more",
    updated_column="updated_at",
    id_column="id",
    limit=3,
)
TOP = PageFormat(
    records_path="", has_more_path="", updated_column="updated_at", id_column="id", limit=2
)
TIMES = ["1997-01-01T00:00:00Z", "1997-01-01T00:00:00.5Z", "1997-01-02T00:00:00+02:00"]


def body(*records: str, more: str = "false") -> bytes:
    return f'{{"page":{{"more":{more}}},"result":{{"n":1,"data":[{",".join(records)}]}}}}'.encode()


def parse(text: bytes, after: Cursor | None = None, form: PageFormat = FORM) -> Page:
    return parse_page(text, form, after)


def test_records_keep_the_bytes_that_the_source_sent() -> None:
    first = '{"id": 1, "updated_at":"1997-01-01", "cost":1.10, "big":1E400,  "s":"\\u00e9é"}'
    page = parse(body(first, more="true"))
    assert [record.text for record in page.records] == [first]
    assert page.records[0].at == Cursor(updated_at="1997-01-01", id="1")
    assert page.more


def test_a_record_over_several_lines_becomes_one_line_of_the_same_value() -> None:
    spread = '{\r\n  "id": "x",\n  "updated_at": "1997-01-01",\n  "note": "a\\nb"\n}'
    (record,) = parse(body(spread)).records
    assert "\n" not in record.text and "\r" not in record.text
    assert json.loads(record.text) == json.loads(spread)


def test_times_are_compared_as_times() -> None:
    records = [f'{{"id":{n},"updated_at":"{time}"}}' for n, time in enumerate(TIMES)]
    assert len(parse(body(*records)).records) == 3


def test_an_answer_may_be_the_array_itself_and_a_full_page_means_more() -> None:
    one, two = (f'{{"id":{n},"updated_at":"1997"}}' for n in (1, 2))
    assert not parse(f"[{one}]".encode(), form=TOP).more
    assert parse(f"[{one},{two}]".encode(), form=TOP).more
    assert parse(b"[]", form=TOP).records == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"<html>", "isn't the JSON promised"),
        (b'{"result":{"data":[', "isn't the JSON promised"),
        (b"\xff", "isn't the JSON promised"),
        (b'{"result":{}}', 'no "data"'),
        (b'{"result":[]}', 'no object that could hold "data"'),
        (b'{"result":{"data":{}}}', "no array"),
        (body('{"id":1}'), "a record without updated_at or id"),
        (body('"text"'), "a record without updated_at or id"),
    ],
)
def test_an_answer_of_another_shape_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(SourceRejected, match=said):
        parse(text)


def test_records_out_of_order_are_refused_since_the_cursor_would_lose_some() -> None:
    late, early = '{"id":1,"updated_at":"1998-01-01"}', '{"id":2,"updated_at":"1997-01-01"}'
    with pytest.raises(SourceRejected, match="not in the order"):
        parse(body(late, early))
    with pytest.raises(SourceRejected, match="not in the order"):
        parse(body(early), Cursor(updated_at="1998-01-01", id="1"))


def test_a_source_that_repeats_a_page_is_refused_since_the_pull_would_never_end() -> None:
    records = [f'{{"id":{n},"updated_at":"1997-01-01"}}' for n in (1, 2)]
    with pytest.raises(SourceRejected, match="not in the order"):
        parse(body(*records), Cursor(updated_at="1997-01-01", id="2"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    rows=st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=4),
    beside=st.dictionaries(st.text(), JSON, max_size=3),
    indent=st.sampled_from([None, 0, 3]),
)
def test_any_json_is_cut_where_its_records_end(
    rows: list[dict[str, object]], beside: dict[str, object], indent: int | None
) -> None:
    for number, row in enumerate(rows):
        row |= {"id": number, "updated_at": f"1997-01-0{number + 1}"}
    whole = {**beside, "result": {**beside, "data": rows}, "page": {"more": False}}
    page = parse(json.dumps(whole, indent=indent).encode())
    assert [json.loads(record.text) for record in page.records] == rows
