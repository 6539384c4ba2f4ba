from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.contracts.document import parse, read
from dataplatform.errors import InvalidContract


def test_each_key_and_item_knows_its_line() -> None:
    document = parse("a: 1\nb:\n  - name: x\n    c: 2\n  - name: y\n", "f.yaml")
    assert document.line(("a",)) == 1
    assert document.line(("b", 0, "c")) == 4
    assert document.line(("b", 1)) == 5


def test_a_missing_value_has_the_line_of_what_should_hold_it() -> None:
    document = parse("a: 1\nb:\n  - name: x\n", "f.yaml")
    assert document.line(("b", 0, "gone", "deeper")) == 3
    assert document.line(("gone",)) == 1


def test_list_items_are_called_by_their_own_names() -> None:
    text = "schema:\n  - name: t\n    properties:\n      - name: c\n      - other: 1\n"
    document = parse(text, "f.yaml")
    assert document.label(("schema", 0, "properties", 0, "required")) == "schema.t.c.required"
    assert document.label(("schema", 0, "properties", 1)) == "schema.t.properties[2]"


def test_words_that_yaml_1_1_took_for_booleans_stay_words() -> None:
    assert parse("a: no\nb: yes\nc: on\nd: true\n", "f").data == {
        "a": "no",
        "b": "yes",
        "c": "on",
        "d": True,
    }


def test_a_repeated_key_is_remembered() -> None:
    assert parse("a: 1\nb: {c: 1, c: 2}\n", "f").repeated == (("b", "c"),)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a: [1\nb: 2\n", 2, "where ',' or ']' should be"),
        ("a: 1\n\tb: 2\n", 2, "a tab"),
        ("", 1, "an empty file"),
        ("- a\n- b\n", 1, "a list"),
        ("just words", 1, "text"),
        ("a: *nowhere\n", 1, "undefined alias"),
    ],
)
def test_what_is_not_a_mapping_is_refused_with_its_line(text: str, line: int, found: str) -> None:
    with pytest.raises(InvalidContract) as caught:
        parse(text, "contracts/f.odcs.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("contracts/f.odcs.yaml", line)
    assert found in problem.found


def test_bytes_that_are_not_utf_8_are_refused_by_their_place(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(InvalidContract, match=r"byte 9 \(0xe9\) is not UTF-8"):
        read(path, "x.yaml")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\n")
    assert read(path, "x.yaml").data == {"name": "x"}
