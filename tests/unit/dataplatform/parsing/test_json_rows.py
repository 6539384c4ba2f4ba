from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataplatform.errors import UnreadableObject
from dataplatform.parsing import json_rows
from dataplatform.parsing.json_rows import json_blocks, lifted
from dataplatform.parsing.model import Block


def parsed(*texts: str, columns: tuple[str, ...] = ("a", "b")) -> Block:
    whole = Block()
    for block in json_blocks(texts, columns):
        whole.rows += block.each()
        whole.rejected += block.rejected
    return whole


def value(literal: str) -> str | None:
    (row,) = parsed('{"a":%s}' % literal).rows  # noqa: UP031  (braces)
    return row.values[0]


def reason(line: str) -> str:
    (bad,) = parsed(line).rejected
    assert bad.source == line
    return bad.reasons[0]


@pytest.mark.parametrize(
    "literal", ["1.10", "-0", "0.30000000000000004", "1E400", "9" * 5000, "123456789012345678901"]
)
def test_a_number_keeps_its_source_text(literal: str) -> None:
    assert value(literal) == literal


def test_scalars_become_text() -> None:
    assert value('"x"') == "x"
    assert value('""') == ""
    assert value("true") == "true"
    assert value("false") == "false"
    assert value("null") is None


def test_nested_values_stay_json_with_their_numbers_as_written() -> None:
    assert value('{"x": [1.50, "1.50", null, {"é": true}]}') == (
        '{"x":[1.50,"1.50",null,{"é":true}]}'
    )


def test_a_missing_field_is_null_and_an_unknown_one_is_kept() -> None:
    (row,) = parsed('{"b":"2","c":1.0,"d":null}').rows
    assert row.values == [None, "2"]
    assert row.extra == '{"c":1.0,"d":null}'


def test_blank_lines_are_no_records_and_the_last_line_needs_no_end() -> None:
    block = parsed('\n {"a":1} \r\n\n{"a":2}')
    assert [(row.position, row.values[0]) for row in block.each()] == [(1, "1"), (2, "2")]


def test_lines_split_between_chunks_are_whole() -> None:
    assert [row.values[0] for row in parsed(*'{"a":"x\\ny"}\n{"a":2}\n').rows] == ["x\ny", "2"]


@pytest.mark.parametrize("text", ["", "\n\n", "  \r\n"])
def test_an_empty_file_has_no_records(text: str) -> None:
    assert not parsed(text)


def test_a_bad_line_stops_only_itself() -> None:
    block = parsed('{"a":1}\nnope\n[1]\n{"a":2}\n')
    assert [row.position for row in block.each()] == [1, 4]
    assert [(bad.position, bad.source) for bad in block.rejected] == [(2, "nope"), (3, "[1]")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nope", "not JSON: Expecting value at character 1"),
        ('{"a":1', "not JSON"),
        ('{"a":"\t"}', "not JSON: Invalid control character at character 7"),
        ('{"a":NaN}', "NaN is no JSON value"),
        ('{"a":1} {"a":2}', "more text after the value, at character 8"),
        ("[1]", "not a JSON object but an array"),
        ("1.5", "not a JSON object but a number"),
        ('"x"', "not a JSON object but a string"),
        ("null", "not a JSON object but null"),
        ('{"a":"\\ud800"}', "half a surrogate pair"),
        ('{"z":{"\\udfff":1}}', "half a surrogate pair"),
        ('{"z":["\\u0000"]}', "NUL character"),
        ('{"_op":"gone"}', "unknown _op"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a":' + "[" * 5000 + "]" * 5000 + "}", "nested too deeply"),
    ],
)
def test_a_line_that_is_no_record_says_why(line: str, message: str) -> None:
    assert message in reason(line)


def test_escapes_that_only_look_bad_are_text() -> None:
    assert value('"\\\\u0000"') == "\\u0000"
    assert value('"\\ud83d\\udeb2"') == "🚲"


def test_a_source_may_say_what_became_of_a_record() -> None:
    assert [row.op for row in parsed('{"_op":"D"}\n{"_op":null}\n').rows] == ["delete", "insert"]


def test_separators_that_are_no_line_ends_stay_in_the_text() -> None:
    line = json.dumps({"a": "x\u2028y\x85z\x0b"}, ensure_ascii=False).replace("\\u000b", "\\u000b")
    assert [row.values[0] for row in parsed(line + "\n").rows] == ["x\u2028y\x85z\x0b"]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_rows, "MAX_RECORD_CHARS", 1000)
    with pytest.raises(UnreadableObject, match="longer than 1000 characters"):
        parsed(*['{"a":"' + "x" * 90] * 20)


MARK = json_rows._MARK
PIECES = (
    '{"a":1,"b":2.50}', '{"b":null,"a":"1"}', '{"a":true,"b":{"c":[1e5,"1e5"]}}', '{"a":1}', "{}",
    '{"a":1,"b":2,"c":1.0}', '{"a":1,"a":2,"b":3}', '{"_op":"d","a":1}', '{"a":1,"b":2,"_op":"u"}',
    '{"_op":"gone"}', '{"a":[1', "2]}", '{"a":[{}', "{}]}", "{},{}", "{}]", "[{}", "]", '{"a":"x',
    'y"}', '{"a":NaN,"b":1}', r'{"a":"\ud800","b":1}', r'{"a":"\u00e9","b":1}', "null", "1", MARK,
    f'{{"a":{MARK},"b":1}}', f'{{"a":"{MARK}","b":1}}', f"{{}},{MARK},{{}}", f",{MARK},", "{} {}",
    '{"a":' + "[" * 5000 + "]" * 5000 + ',"b":1}', "  ", '{"a":1 ,"b": 2}\r',
)  # fmt: skip


@given(
    st.lists(st.sampled_from(PIECES), max_size=12),
    st.sampled_from([("a", "b"), ("a",), ()]),
    st.sampled_from([2, 256]),
)
@example(['{"a":[{}', "{}]}", f"{{}},{MARK},{{}}"], ("a", "b"), 256)
@example(['{"a":[{}', "{}]}", "{},{}"], ("a", "b"), 256)
@example(['{"a":"x', 'y"}', "{},{}"], ("a", "b"), 256)
@example(['{"_op":"d","a":"1"}'], ("_op", "a"), 256)
@example([*PIECES[:2], *PIECES[:2], "bad", PIECES[5], *PIECES[:2]], ("a", "b"), 2)
def test_lines_decoded_together_are_what_each_is_alone(
    lines: list[str], columns: tuple[str, ...], at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_rows, "_AT_ONCE", at_once)
        together = parsed("\n".join(lines), columns=columns)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_rows, "_records", _no_records)
        alone = parsed("\n".join(lines), columns=columns)
    assert together.rows == alone.rows
    assert together.rejected == alone.rejected
    assert all(type(value) in (str, type(None)) for row in together.rows for value in row.values)


def test_records_with_all_columns_are_decoded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "_row", _no_records)
    lines = [f'{{"a":{number},"b":"x"}}' for number in range(1000)]
    assert [row.values for row in parsed("\n".join(lines)).rows] == [
        [str(number), "x"] for number in range(1000)
    ]


def test_records_read_by_column_are_the_same_row_by_row() -> None:
    lines = [
        f'{{"a":{number},"b":{("null", "true", "2.50")[number % 3]}}}\n' for number in range(5)
    ]
    (plain,) = json_blocks(["".join(lines)], ("a", "b"))
    assert plain.plain is not None and not plain.rows
    by_row = Block(rows=plain.each())
    assert [list(column) for column in plain.columns()] == [list(c) for c in by_row.columns()]
    assert len(plain) == plain.read == len(by_row) == 5
    assert by_row.rows[3] == (4, "insert", None, ["3", None])


def _no_records(*_: Sequence[str]) -> NoReturn:
    raise ValueError


def test_fields_that_the_contract_has_come_to_know_are_lifted_as_they_were_written() -> None:
    extra = '{"n":1.10,"more":{"a":[1e400]},"gone":null,"text":"\\"x"}'
    known, left = lifted(extra, ["n", "gone", "text", "absent"])
    assert known == {"n": "1.10", "gone": None, "text": '"x'}
    assert left == '{"more":{"a":[1e400]}}'
    assert lifted('{"n":1}', ["n"]) == ({"n": "1"}, None)
