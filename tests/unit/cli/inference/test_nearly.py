"""Columns that few values make text: told, with the type that they would have had."""

from __future__ import annotations

import pytest

from cli.inference.document import contract_text
from tests.unit.cli.inference.conftest import Proposed

NEARLY = [
    ("since", [f"2020-01-{day:02}" for day in range(1, 29)], "2020-13-45", "a date"),
    ("amount", [f"{n}.5" for n in range(40)], "n/a", "a number"),
    ("day", [f"{day}.12.2026" for day in range(10, 31)], "31.11.2026", "a date written as dd.MM"),
    ("paid", [f"1.{n:03},50" for n in range(30)], "free", "a number written as 1.234,56"),
    ("at", [f"2026-01-01T10:{n}:00Z" for n in range(10, 40)], "soon", "a timestamp"),
]


@pytest.mark.parametrize(("name", "values", "odd", "kind"), NEARLY)
def test_a_column_that_one_value_makes_text_is_told_with_the_value(
    proposed: Proposed, name: str, values: list[str], odd: str, kind: str
) -> None:
    text = f"{name};o\n" + "".join(f"{value};x\n" for value in [*values, odd])
    proposal = proposed("a.csv", text)
    (note,) = (note for note in proposal.notes if note.startswith(f"{name} is text"))
    assert proposal.columns[0].type == "string"
    assert f"1 of {len(values) + 1} values isn't {kind}" in note
    assert odd in note
    assert f"1 of {len(values) + 1} values isn't" in contract_text(proposal)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("city", [f"town {n}" for n in range(40)]),
        ("amount", [f"{n}.5" for n in range(20)] + ["n/a", "none"]),
        ("amount", [f"{n}.5" for n in range(5)] + ["n/a"]),
        ("zip", [f"{n}" for n in range(10_115, 10_155)] + ["AB1 2CD"]),
        ("amount", [f"{n}.5" for n in range(40)]),
    ],
)
def test_nothing_is_told_of_text_of_codes_and_of_what_has_a_type(
    proposed: Proposed, name: str, values: list[str]
) -> None:
    proposal = proposed("a.csv", f"{name},o\n" + "".join(f"{value},x\n" for value in values))
    assert not [note for note in proposal.notes if "is text" in note]


def test_no_value_of_a_personal_column_is_shown(proposed: Proposed) -> None:
    days = "".join(f"1980-01-{day:02}\n" for day in range(1, 29))
    proposal = proposed("a.csv", f"birth_date\n{days}1980-02-31\n")
    assert proposal.columns[0].pii
    assert any(note.startswith("birth_date is text") for note in proposal.notes)
    assert "1980-02-31" not in contract_text(proposal) + " ".join(proposal.notes)
