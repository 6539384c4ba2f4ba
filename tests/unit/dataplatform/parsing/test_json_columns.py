"""Whatever lines there are, columns hold the records that `json_rows` reads, and no others."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataplatform.parsing import json_columns, json_rows, json_shape
from dataplatform.parsing.model import Block, Rejected, Row
from dataplatform.parsing.parser import parse

COLUMNS = ("a", "b", "né")


def whole(blocks: Sequence[Block]) -> tuple[list[Row], list[Rejected]]:
    rows = [row for block in blocks for row in block.each()]
    return rows, [bad for block in blocks for bad in block.rejected]


def by_column(texts: Sequence[str], columns: Sequence[str] = COLUMNS) -> list[Block]:
    """As it is with enough of them, which would be slow to make up."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_columns, "_LEAST", 0)
        return list(json_columns.json_blocks(texts, columns))


def taken(blocks: Sequence[Block]) -> int:
    """Records that weren't left to `json_rows`."""
    return sum(block.read for block in blocks if isinstance(block.plain, json_columns._ArrowPlain))


def same(text: str, columns: Sequence[str] = COLUMNS) -> int:
    """See that the outcome is the same; how many records were taken by column."""
    blocks = by_column([text], columns)
    assert whole(blocks) == whole(list(json_rows.json_blocks([text], columns)))
    for block in blocks:
        if block.read:  # what is given to Arrow is what Python sees
            arrays = [pa.array(column, pa.string()) for column in block.columns()[1:]]
            by_row = Block(rows=block.each())
            assert [array.to_pylist() for array in arrays] == list(map(list, by_row.columns()[1:]))
            assert list(block.columns()[0]) == list(by_row.columns()[0])
    return taken(blocks)


STRINGS = (
    "", "x", " ", "null", "1.0", "{", "}", "},{", ":", ",", ":null,", '"', '"a":null', "\\", '\\"',
    '\\\\"', "\n", "\r\n", "\t", "\x01", "\x02\x03", "\x7f", "é", "🚲", "\u2028", "\x85", "\ufeff",
    "\ud800", "\0", "a" * 300, '":', '","b":"', "\\u0000", "/", "x, y", "x,", "x, ", ',"', ', "',
)  # fmt: skip
SCALARS = (
    "0", "-0", "1.10", "-1.5e+3", "1E400", "9" * 400, "true", "false", "null", "01", "1.", ".5",
    "+1", "-", "1e", "NaN", "-Infinity", "tru", "nulL", "0x1", "1_0", "١", "[]", "{}", "[1, 2]",
    '{"a":1}', '{"a":"x","b":"y"}', "", '"x"y', "1 ", " 1", "'x'", "1,2", '[{"c":"]"}]',
)  # fmt: skip
LINES = (
    "", " ", "{}", "nope", "[1]", '"x"', '{"a":1', '{"a":"x', 'y"}', '{"a":"x"}}', "null",
    '{"a":1}{"a":2}', '{"a":1,"a":2,"b":3}', '{"a":1,"b":"x","_op":"d"}', '{"c":{},"a":1}',
    '{"b":"y","a":1}', '\ufeff{"a":1}', '{ "a" : 1 }', '{"a":1 ,"b":"x"}', '{"a":\t1,"b":"x"}',
    r'{"\u0061":1,"b":"x"}', '{"a":1,"b":"x"} ', ' {"a":1,"b":"x"}', '{"a":1,"b":"x",}',
    '{"a":1,"b":"x\ty"}', '{"a":1,"b":"x\x01"}', '{"a":\x011,"b":"x"}', '{"a":"\x01","b":"\x01"}',
    '{"a":1,"b":"\\ud800"}', '{"a":1,"b":"\\u0000"}', '{"a":1,"b":"\\q"}', '{"a":1,"b":"\\"}',
    '{"a":1,"b":"\\u00e9\\n"}', r'{"a":1,"b":"\ud83d\udeb2"}', '{"a":1,"b" :"x"}', '{"a","b":"x"}',
    '{"a":1,"b""x"}', '{"a":1,:"x"}', '{"a":1,"b":"x""né":2}', '{"a":1:"b":"x"}', '{"a":"x":"b"}',
    '{"a":"x","b","né"}', "{" * 3000, '{"a":' + "[" * 3000 + "]" * 3000 + ',"b":"x"}',
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> list[str]:
    """Records mostly of one shape, of which some are spoilt."""
    names = draw(st.sampled_from([("a", "b"), ("b", "a", "né"), ("a", "b", "né"), ("né",), ("a",)]))
    space = draw(st.sampled_from(["", " "]))
    ascii_only = draw(st.booleans())
    is_text = {name: draw(st.booleans()) for name in names}
    odd = st.one_of(st.sampled_from(STRINGS), st.text(max_size=6)).map(
        lambda text: json.dumps(text, ensure_ascii=ascii_only)
    )
    scalar = st.sampled_from(SCALARS[:9]) | st.integers().map(str) | st.floats().map(json.dumps)
    anything = st.sampled_from(SCALARS) | odd
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        values = [
            draw(
                anything
                if draw(st.integers(0, 30)) == 0
                else (odd | st.just("null") if is_text[name] else scalar)
            )
            for name in names
        ]
        pairs = (f'"{name}":{space}{value}' for name, value in zip(names, values, strict=True))
        lines.append("{" + f",{space}".join(pairs) + "}")
    return lines


@given(records(), st.lists(st.tuples(st.integers(0, 8), st.sampled_from(LINES)), max_size=2),
       st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from([0, 1, 200]))  # fmt: skip
@example(['{"a":1,"b":"x"}'] * 2, [(1, '{"a":1,"b":"x\ty"}')], "\n", True, 200)
@example(['{"a":1,"b":"x"}'] * 3, [(1, ""), (2, "nope")], "\n", True, 200)
@example(['{"a":1,"b":":null,"}', '{"a":1,"b":null}'], [], "\n", True, 200)
@example(['{"a":"x","b":"y"}', r'{"a":"\"a\":null","b":null}'], [], "\n", True, 200)
@settings(deadline=None)
def test_lines_read_by_column_are_what_they_are_one_by_one(
    lines: list[str], put: list[tuple[int, str]], end: str, ended: bool, few: int
) -> None:
    for place, line in put:
        lines.insert(place, line)
    text = end.join(lines) + (end if ended else "")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return  # no text that was decoded holds one
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_shape, "_FEW", few)
        patched.setattr(json_shape, "_FEW_BY_COMMAS", few // 2)
        same(text)


DAMAGES = ('"', ",", ":", "}", "{", "\n", "\r", "null", "\\", '":', '"a":null', "\x01", "\x02\x04")


@given(
    records(),
    st.integers(0, 300),
    st.integers(0, 2),
    st.sampled_from(DAMAGES) | st.text(st.characters(codec="utf-8"), max_size=2),
)
@settings(deadline=None)
def test_a_text_damaged_anywhere_has_the_same_outcome(
    lines: list[str], at: int, removed: int, added: str
) -> None:
    text = "\n".join(lines * 2)
    at %= len(text)
    text = text[:at] + added + text[at + removed :]
    if not any("\ud800" <= character <= "\udfff" for character in text):
        same(text)


SOUND = '{"a":%d,"b":"x%d","né":null}\n'


def sound(count: int, first: int = 0) -> str:
    return "".join(SOUND % (number, number) for number in range(first, first + count))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("nope", 1),
        ('{"a":1,"b":2,"né":3}', 1),  # text where others have a number
        ('{"a":"1","b":"2","né":3}', 1),
        ('{"a":1,"b":"x"}', 1),
        ('{"a":1,"b":"x","né":null,"more":1}', 1),
        ('{"a":01,"b":"x","né":null}', 1),
        ('{"a":1,"c":"x","né":null}', 1),
        (r'{"a":1,"b":"\ud800","né":null}', 1),
        (r'{"a":1,"b":"\"\\\u00e9\n","né":1.10}', 0),
        ('{"a":null,"b":null,"né":true}', 0),
        ('{"a":1,"b":"x","né":null}\r', 0),
        ('{"a":1,"b":"x\t1","né":null}', 1),  # a control character
        ('{"a":1,"b"; "x1","né":null}', 1),
        ('{"a":1,"b":"x1,"né":null}', 1),
        ('{"a":1,"b":"x1,","né":null}', 1),  # a record, with a comma where others have none
    ],
)
def test_a_line_of_another_shape_is_left_out_and_its_neighbours_are_not(
    line: str, left: int
) -> None:
    text = sound(5) + line + "\n" + sound(5, first=5)
    blocks = by_column([text])
    read = sum(map(len, blocks))
    assert taken(blocks) == read - left
    assert same(text) == taken(blocks)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f'{{"a":{number},"b":"x"}}\n' + "nope\n" for number in range(201)),
        "\ufeff" + sound(3),
        sound(3).replace("x", ",").replace(",1", "\x01"),
        '{"a":[],"b":"x"}\n' * 3,
        '{"_op":"d","a":1}\n' * 3,
        '{"a":1,"c":1}\n' * 3,
        "",
    ],
)
def test_a_text_that_is_of_no_shape_is_left_alone(text: str) -> None:
    assert same(text) == 0


@pytest.mark.parametrize("space", ["", " "])
@pytest.mark.parametrize("columns", [COLUMNS, ("né", "more", "b", "a"), ("a", "b", "né", "_op")])
def test_columns_come_in_the_contracts_order(space: str, columns: Sequence[str]) -> None:
    text = sound(3).replace(":", ":" + space).replace(",", "," + space)
    assert same(text, columns) == 3


def test_texts_with_commas_are_taken_too() -> None:
    everywhere = sound(50).replace('"x', '"x, y,z')
    assert same(everywhere) == 50
    assert same(sound(1) + everywhere) == 51  # too many to be left out
    assert same(everywhere.replace('"x, y,z7"', '"x,"')) == 49  # one that ends with a comma


def test_a_blank_line_is_nothing() -> None:
    assert same(sound(3) + "\n" + sound(3)) == 6
    assert same(sound(3) + "\nnope\n" + sound(3)) == 6
    assert same('{"a":1}\n\n\n{"a":2}\nnope\n') == 2


def test_blank_lines_at_the_end_are_nothing() -> None:
    assert same(sound(3) + "\n\r\n\n") == 3


def test_a_field_that_is_null_first_may_be_text() -> None:
    assert same('{"a":1,"b":null}\n{"a":2,"b":"x"}\n{"a":3,"b":null}\n') == 3


def test_little_text_is_not_worth_it_and_much_is_taken_in_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = sound(3)
    assert taken(list(json_columns.json_blocks([text], COLUMNS))) == 0
    monkeypatch.setattr(json_columns, "_LEAST", 0)
    monkeypatch.setattr(json_columns, "_AT_ONCE", len(text))
    content = sound(10).encode()
    chunks = [content[start : start + 50] for start in range(0, len(content), 50)]
    blocks = list(parse(chunks, format="json", columns=COLUMNS))
    assert len(blocks) > 1 and taken(blocks) == 10
    assert whole(blocks) == whole(list(json_rows.json_blocks([content.decode()], COLUMNS)))
