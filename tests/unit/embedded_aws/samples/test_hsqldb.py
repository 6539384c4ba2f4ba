from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.samples.hsqldb import MalformedScript, Row, read

_TABLE = 'CREATE MEMORY TABLE "s"."t"("a" VARCHAR(30),"b" VARCHAR(30) NOT NULL)'


def rows(*lines: str, table: str = _TABLE) -> list[Row]:
    script = [table, 'SET SCHEMA "s"', *lines]
    return [row for _, row in read((line + "\n" for line in script), "s", {"t"})]


def test_a_quote_in_a_value_is_doubled() -> None:
    assert rows("INSERT INTO \"t\" VALUES('O''Brien','''')") == [("O'Brien", "'")]


def test_a_comma_or_a_bracket_in_quotes_ends_no_value() -> None:
    assert rows("INSERT INTO \"t\" VALUES('a, b','c),(''')") == [("a, b", "c),('")]


def test_null_is_none_and_the_word_null_in_quotes_is_not() -> None:
    assert rows("INSERT INTO \"t\" VALUES(NULL,'NULL')") == [(None, "NULL")]


def test_an_empty_text_is_not_null() -> None:
    assert rows("INSERT INTO \"t\" VALUES('',NULL)") == [("", None)]


def test_escaped_characters_are_read() -> None:
    assert rows("INSERT INTO \"t\" VALUES('caf\\u00e9','\\u000a')") == [("café", "\n")]


def test_values_take_the_form_that_files_want() -> None:
    table = (
        'CREATE MEMORY TABLE "s"."t"("a" DOUBLE,"b" BOOLEAN,"c" TIMESTAMP,"d" TIMESTAMP,'
        '"e" DECIMAL(10,4))'
    )
    line = (
        "INSERT INTO \"t\" VALUES(8.39E0,TRUE,'1997-01-05 00:00:00.000000000',"
        "'1997-01-05 10:30:00.000000000',1.5000)"
    )
    expected = ("8.39", "true", "1997-01-05", "1997-01-05T10:30:00.000000000", "1.5000")
    assert rows(line, table=table) == [expected]


def test_rows_of_another_schema_are_left_out() -> None:
    assert rows("SET SCHEMA PUBLIC", "INSERT INTO \"t\" VALUES('a','b')") == []


def test_a_row_with_a_value_too_few_names_its_line() -> None:
    with pytest.raises(MalformedScript, match="line 3: 1 values"):
        rows("INSERT INTO \"t\" VALUES('a')")


@pytest.mark.parametrize("values", ["'a','b", "'a''b','", "'a'x,'b'", "'a',,'b'"])
def test_a_row_that_is_cut_is_refused(values: str) -> None:
    with pytest.raises(MalformedScript, match="line 3"):
        rows(f'INSERT INTO "t" VALUES({values})')


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8")), min_size=2, max_size=2))
def test_whatever_is_written_is_read_again(values: list[str | None]) -> None:
    written = ",".join("NULL" if value is None else _quote(value) for value in values)
    assert rows(f'INSERT INTO "t" VALUES({written})') == [tuple(values)]


def _quote(text: str) -> str:
    escaped = "".join(c if " " <= c <= "~" and c != "\\" else _escape(c) for c in text)
    return "'" + escaped.replace("'", "''") + "'"


def _escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))
