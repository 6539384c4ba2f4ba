"""A sample's separator, encoding and quotation mark are found by its bytes, and said."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cli.inference.csv_guess import guessed
from cli.inference.document import contract_text
from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.parser import parse
from dataplatform.parsing.csv_form import RFC_4180, CsvForm
from tests.unit.cli.inference.conftest import Proposed

ROWS = 'id;name;price\n1;Zoë;1,5\n2;"a;b, c";12,0\n'


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"a,b\n1,2\n", RFC_4180),
        (b"alone\n1\n2\n", RFC_4180),
        (b"a;b\n1,5;2,5\n", CsvForm(delimiter=";")),
        (b"a\tb\n1\t2\n", CsvForm(delimiter="\t")),
        (b"a|b,c|d\n1|x,y|2\n", CsvForm(delimiter="|")),
        (b"a,b\n'1','x,y'\n'2','z'\n", CsvForm(quote="'")),
        (b"name,text\nO'Neil,it's; so\n", RFC_4180),
        (ROWS.encode(), CsvForm(delimiter=";")),
        (ROWS.encode("cp1252"), CsvForm(delimiter=";", encoding="cp1252")),
        (ROWS.encode("utf-8-sig"), CsvForm(delimiter=";")),
        (ROWS.replace(";", "\t").encode("utf-16"), CsvForm(delimiter="\t", encoding="utf-16")),
        (gzip.compress(ROWS.encode("cp1252"), mtime=0), CsvForm(delimiter=";", encoding="cp1252")),
        (b"a,b\n\x81,2\n", RFC_4180),
    ],
)
def test_a_form_is_told_by_the_bytes(tmp_path: Path, content: bytes, form: CsvForm) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(content)
    found, notes = guessed(path)
    assert found == form
    said = " ".join(notes)
    assert ("servers.delimiter" in said) == (form.delimiter != ",")
    assert ("servers.encoding" in said) == (form.encoding != "utf-8")
    assert ("quoteChar" in said) == (form.quote != '"')


def test_a_letter_of_windows_is_found_however_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(b"a,b\n" + b"1,x\n" * 300_000 + b"2,\xe9\n")
    found, (note,) = guessed(path)
    assert found == CsvForm(encoding="cp1252")
    assert f"byte {4 + 4 * 300_000 + 2}" in note


def test_the_proposal_says_the_form_and_reads_the_sample_by_it(proposed: Proposed) -> None:
    proposal = proposed("orders.csv", ROWS.encode("cp1252"))
    assert [column.name for column in proposal.columns] == ["id", "name", "price"]
    assert proposal.records == 2
    contract, problems = parse(parse_yaml(contract_text(proposal), "f.odcs.yaml"))
    assert contract is not None, problems
    assert dict(contract.server.options) == {"delimiter": ";", "encoding": "cp1252"}
