from __future__ import annotations

import json

import pytest

from dataplatform.errors import UnreadableObject
from dataplatform.parsing import csv_rows
from dataplatform.parsing.csv_form import SEPARATORS, CsvForm
from dataplatform.parsing.csv_rows import csv_blocks
from dataplatform.parsing.model import Block, Row


def parsed(*texts: str, columns: tuple[str, ...] = ("a", "b")) -> Block:
    whole = Block()
    for block in csv_blocks(texts, columns):
        whole.rows += block.each()
        whole.rejected += block.rejected
    return whole


def values(*texts: str) -> list[list[str | None]]:
    return [row.values for row in parsed(*texts).rows]


@pytest.mark.parametrize("text", ["", "\n", "a,b", "a,b\n", "a,b\r\n\r\n"])
def test_an_empty_file_or_a_header_alone_has_no_records(text: str) -> None:
    assert not parsed(text)


def test_columns_are_found_by_name_in_any_order() -> None:
    assert parsed("b,a\n2,1\n").rows == [Row(1, "insert", None, ["1", "2"])]


def test_what_the_contract_does_not_know_is_kept_beside() -> None:
    (row,) = parsed('x,b,a,"y, z"\n9,2,1,\n').rows
    assert row.values == ["1", "2"]
    assert json.loads(row.extra or "") == {"x": "9", "y, z": None}


def test_quotes_hide_commas_quotes_and_line_ends() -> None:
    assert values('a,b\n"1,""x""","two\r\nlines\nor\rthree"\n') == [
        ['1,"x"', "two\r\nlines\nor\rthree"]
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_ends_a_record(end: str) -> None:
    text = end.join(["a,b", "1,2", "3,4"])
    assert values(text) == values(*text) == values(text + end) == [["1", "2"], ["3", "4"]]


def test_an_empty_field_is_null_quoted_or_not() -> None:
    assert values('a,b\n,""\n') == [[None, None]]


def test_text_is_not_touched() -> None:
    assert values("a,b\n 1 ,NULL\n") == [[" 1 ", "NULL"]]


def test_a_record_with_a_wrong_number_of_fields_stops_only_itself() -> None:
    block = parsed('a,b\n1,2\n3\n"4\n4",5,6\n7,8\n')
    assert [row.position for row in block.each()] == [1, 4]
    assert [(bad.position, bad.source) for bad in block.rejected] == [(2, "3"), (3, '"4\n4",5,6')]
    assert block.rejected[0].reasons == ("1 fields where the header has 2",)


def test_text_after_a_closing_quote_stops_only_its_record() -> None:
    block = parsed('a,b\n"1"x,2\n3,4\n')
    assert [row.position for row in block.each()] == [2]
    assert block.rejected[0].source == '"1"x,2'
    assert "not CSV" in block.rejected[0].reasons[0]


def test_a_source_may_say_what_became_of_a_record() -> None:
    block = parsed("a,b,_op\n1,2,delete\n1,2,U\n1,2,\n1,2,gone\n")
    assert [row.op for row in block.each()] == ["delete", "update", "insert"]
    assert block.rejected[0].reasons == ("unknown _op: 'gone'",)
    assert all(row.extra is None for row in block.rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,c\n1,2\n", "no column b; found a, c"),
        ("1,2\n3,4\n", "no column a, b; found 1, 2"),
        ("a,b,b\n", "column b stands there twice"),
        ('a,"b', "wrong header"),
        ('a,b\n1,2\n3,"4\n5,6\n', r"a quote opened in record 2 \(line 3\) never closes"),
        ('a,b\n"1\n",2\n\n3,"4\n5,6\n', r"in record 2 \(line 5\) never closes"),
    ],
)
def test_an_object_whose_records_cannot_be_told_is_unreadable(text: str, message: str) -> None:
    with pytest.raises(UnreadableObject, match=message):
        parsed(text)


def test_a_field_may_be_longer_than_pythons_default_limit() -> None:
    assert values(f"a,b\n{'x' * 200_000},1\n") == [["x" * 200_000, "1"]]


def test_a_record_without_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_rows, "MAX_RECORD_CHARS", 1000)
    with pytest.raises(UnreadableObject, match="longer than 1000 characters"):
        parsed("a,b\n", *['"' + "x" * 90] * 20)
    with pytest.raises(UnreadableObject, match="longer than 1000 characters"):
        parsed("a,b\n", '"', *["x\n" * 100] * 10)


def test_blocks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "BLOCK_CHARS", 100)
    blocks = list(csv_blocks(["a,b\n" + "1,2\n" * 100], ["a", "b"]))
    assert len(blocks) > 3
    assert sum(map(len, blocks)) == 100


def formed(form: CsvForm, *texts: str, columns: tuple[str, ...] = ("a", "b")) -> Block:
    whole = Block()
    for block in csv_blocks(texts, columns, form):
        whole.rows += block.each()
        whole.rejected += block.rejected
    return whole


@pytest.mark.parametrize("delimiter", SEPARATORS)
def test_fields_stand_between_whatever_the_form_says(delimiter: str) -> None:
    other = "," if delimiter != "," else ";"
    text = f'a{delimiter}b\n1{other}5{delimiter}"x{delimiter}\n""y"""\n'
    (row,) = formed(CsvForm(delimiter=delimiter), text).rows
    assert row.values == [f"1{other}5", f'x{delimiter}\n"y"']


def test_another_quotation_mark_or_none_leaves_double_quotes_as_they_are() -> None:
    (row,) = formed(CsvForm(quote="'"), "a,b\n'1,''2',\"x\n").rows
    assert row.values == ["1,'2", '"x']
    (row,) = formed(CsvForm(quote="", delimiter="\t"), 'a\tb\n"5"" pipe\t"\n').rows
    assert row.values == ['"5"" pipe', '"']


def test_a_header_may_lack_optional_columns_but_not_all() -> None:
    form = CsvForm(optional=frozenset("bc"))
    (row,) = formed(form, "x,a\n9,1\n", columns=("a", "b", "c")).rows
    assert (row.values, row.extra) == (["1", None, None], '{"x":"9"}')
    assert formed(form, "b\n2\n", columns=("b", "c")).rows[0].values == ["2", None]
    with pytest.raises(UnreadableObject, match="no column a; found b"):
        formed(form, "b\n1\n")
    with pytest.raises(UnreadableObject, match="no column b, c; found x"):
        formed(form, "x\n1\n", columns=("b", "c"))


def test_a_record_of_a_header_without_an_optional_column_keeps_the_width_of_the_header() -> None:
    found = formed(CsvForm(optional=frozenset("b")), "a\n1\n1,2\n")
    assert [row.values for row in found.rows] == [["1", None]]
    assert found.rejected[0].reasons == ("2 fields where the header has 1",)


def test_another_separator_than_the_contract_says_is_told_as_such() -> None:
    with pytest.raises(UnreadableObject, match="by semicolons, where the contract says commas"):
        formed(CsvForm(), "a;b\n1;2\n")
    with pytest.raises(UnreadableObject, match="by commas, where the contract says semicolons"):
        formed(CsvForm(delimiter=";"), "a,b\n1,2\n")
    with pytest.raises(UnreadableObject, match="no column a, b; found x,y"):
        formed(CsvForm(), '"x,y"\n1\n')
