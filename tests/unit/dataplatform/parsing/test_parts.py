"""Parsed part by part, an object gives what it gives when it is read from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataplatform.errors import UnreadableObject
from dataplatform.parsing import json_rows
from dataplatform.parsing.model import REJECTED, Block
from dataplatform.parsing.parser import parse, parse_part, splittable
from dataplatform.parsing.parts import count_by_part, lines_of_part, parts

COLUMNS = ["id", "né"]

LINES = st.one_of(
    st.sampled_from(
        [
            *(b"", b" ", b"\t\r", b"{}", b"null", b'{"id": 1}', b'{"id": 1.10, "more": [1e400]}'),
            *('{"né": "ü\u2028€😀"}'.encode(), b'\xef\xbb\xbf{"id": 2}', b'{"id": "\\ud800"}'),
            *(b'{"id": ', b"{}{}", b'{"_op": "d", "id": 3}', b'{"_op": "?"}', b"\x1f\x8b"),
            *(b"\xff\xfe", b"\xc3", b"a\0b", b"\r", b'{"id": "' + b"x" * 40 + b'"}'),
        ]
    ),
    st.dictionaries(st.sampled_from([*COLUMNS, "x"]), st.text(max_size=4)).map(
        lambda record: json.dumps(record, ensure_ascii=False).encode(errors="replace")
    ),
)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n"])


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    """Lines, some of them no records, with or without a mark before and an end behind."""
    pieces = [line + draw(ENDS) for line in draw(st.lists(LINES, max_size=12))]
    bom = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
    return bom + b"".join(pieces) + draw(st.sampled_from([b"", b'{"id": 9}', b"\r"]))


def reader(content: bytes, each: int, begin: int) -> Iterator[bytes]:
    for start in range(begin, len(content), each):
        yield content[start : start + each]


def whole(content: bytes, format: str = "json") -> Block:
    return gathered(parse([content], format=format, columns=COLUMNS))


def in_parts(content: bytes, each: int, chunk: int, format: str = "json") -> Block:
    """Every part by itself; its positions go on where the last part's ended."""
    total = Block()
    for start, stop in parts(len(content), each=each):
        lines = lines_of_part(partial(reader, content, chunk), start, stop)
        blocks = parse_part(lines, format=format, columns=COLUMNS, first=start == 0)
        found, before = gathered(blocks), len(total)
        total.rows += [r._replace(position=r.position + before) for r in found.each()]
        total.rejected += [r._replace(position=r.position + before) for r in found.rejected]
    return total


def gathered(blocks: Iterator[Block]) -> Block:
    total = Block()
    for block in blocks:
        total.rows += block.each()
        total.rejected += block.rejected
    return total


@given(objects(), st.integers(1, 40), st.integers(1, 40))
@example(b"", 5, 1)
@example(b"{}\n  {}", 4, 1)
def test_lines_are_counted_in_the_part_in_which_they_begin(
    content: bytes, each: int, chunk: int
) -> None:
    expected = []
    for start, stop in parts(max(1, len(content)), each=each):
        lines = b"".join(lines_of_part(partial(reader, content, chunk), start, stop))
        expected.append(sum(1 for line in lines.split(b"\n") if line.strip(b" \t\r")))
    assert count_by_part(reader(content, chunk, 0), each=each) == expected


@given(objects(), st.integers(1, 40), st.integers(1, 9))
@example(b"", 1, 1)
@example(b'{"id": 1}\n{"id": 2}\n', 10, 3)  # a part ends with a line
@example(b'{"id": 1}\n{"id": 2}', 11, 3)  # and one byte later
@example(b"\n\n\n", 1, 1)
@example(b'\xef\xbb\xbf{"id": 1}\n\xef\xbb\xbf{"id": 2}\n', 13, 5)  # only the first is a mark
def test_parts_give_what_the_whole_gives(content: bytes, each: int, chunk: int) -> None:
    try:
        expected = whole(content)
    except UnreadableObject:
        # The part doesn't know its place, so the reason is found by reading from the beginning.
        with pytest.raises(UnreadableObject):
            in_parts(content, each, chunk)
    else:
        if splittable(content[:2], format="json"):
            assert in_parts(content, each, chunk) == expected


@given(objects(), st.integers(1, 40), st.integers(1, 9))
def test_every_byte_is_in_one_part(content: bytes, each: int, chunk: int) -> None:
    found = [
        b"".join(lines_of_part(partial(reader, content, chunk), start, stop))
        for start, stop in parts(len(content), each=each)
    ]
    assert b"".join(found) == content
    filled = [lines for lines in found if lines]
    assert all(lines.endswith(b"\n") for lines in filled[:-1])


@pytest.mark.parametrize("length", range(1, 24))
def test_a_line_that_is_too_long_is_so_wherever_it_is_cut(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_rows, "MAX_RECORD_CHARS", 12)
    content = b"{}\n" + b"x" * length + b"\n{}\n"
    for each in range(1, len(content)):
        if length > 12:
            with pytest.raises(UnreadableObject, match="longer than 12"):
                in_parts(content, each, 4)
        else:
            assert len(in_parts(content, each, 4)) == 3
    if length > 12:
        with pytest.raises(UnreadableObject, match="longer than 12"):
            gathered(parse(reader(content, 4, 0), format="json", columns=COLUMNS))


def test_only_plain_lines_are_split() -> None:
    assert splittable(b'{"', format="json")
    assert splittable(b"", format=REJECTED)
    assert not splittable(b"\x1f\x8b", format="json")
    assert not splittable(b"id", format="csv"), "a quoted field may hold line ends"


def test_what_a_stream_put_aside_is_split_too() -> None:
    document = b'{"rawData": "eyJpZCI6IDF9", "errorCode": "x"}\n'
    assert in_parts(document * 5, 17, 8, REJECTED) == whole(document * 5, REJECTED)
