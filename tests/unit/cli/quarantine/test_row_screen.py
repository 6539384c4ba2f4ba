"""A row of quarantine on a screen: what was wrong first, however wide and odd the record is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.quarantine.row_screen import show_row
from cli.quarantine.waiting import Row
from cli.screen import Screen


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lines of a row on 80 columns."""

    def of(record: Any, *reasons: str) -> list[str]:
        screen = Screen()
        screen.console.width = 80
        row = Row(
            dataset="orders",
            batch_id="orders-1f0c9d2ab34e",
            run_id="run-1",
            object="orders/day=1/\x1b[31mred.csv",
            version="v1",
            position=1_234,
            record=None if record is None else json.dumps(record),
            reasons=reasons,
            quarantined_at=datetime(2026, 11, 21, tzinfo=UTC),
            under_way=False,
        )
        show_row(screen, row)
        return capsys.readouterr().out.splitlines()

    return of


def test_fields_that_the_reasons_are_about_come_first_and_the_rest_is_counted(shown: Any) -> None:
    wide = {f"column_{number:03}": "v" * number for number in range(300)}
    lines = shown(wide, "malformed column_250: 'vvv' is not int", "missing column_299")
    assert max(map(len, lines)) <= 80
    record = [line.strip() for line in lines if line.strip().startswith("column_")]
    assert [line.split()[0] for line in record[:3]] == ["column_250", "column_299", "column_000"]
    assert len(record) == 12 and record[0].endswith("v…")
    assert "… and 288 more fields: --json shows all" in lines[-2]


def test_every_reason_and_its_field_are_there_however_many(shown: Any) -> None:
    names = [f"c{number}" for number in range(40)]
    lines = shown(dict.fromkeys(names, "x"), *(f"malformed {n}: 'x' is not int" for n in names))
    assert sum("✗ malformed" in line for line in lines) == 40
    assert sum(line.strip().endswith("  x") for line in lines) == 40
    assert not any("more fields" in line for line in lines)


def test_text_that_could_not_be_read_is_cut_after_three_lines(shown: Any) -> None:
    lines = shown("4,short," + "z" * 10_000, "3 fields where the header has 5")
    assert any(line.strip().startswith("4,short,zzz") for line in lines)
    assert "… and 9,777 more characters: --json shows all" in "".join(lines)
    assert len(lines) < 12


def test_what_was_sent_does_nothing_to_the_terminal(shown: Any) -> None:
    lines = shown(
        {"name": "\x1b[2Jgone\r\n", "tags": ["[red]", "é"], "n\x07": "1"},
        "name too long: '\x1b[2Jgone'",
    )
    text = "\n".join(lines)
    assert "\x1b" not in text and "\r" not in text and "\x07" not in text
    assert r"\x1b[2Jgone\r\n" in text
    assert '["[red]", "é"]' in text, "what was sent is no markup"
    assert r"orders/day=1/\x1b[31mred.csv" in lines[0]


def test_an_object_as_a_whole_has_no_record(shown: Any) -> None:
    lines = shown(None, "truncated gzip: it stops at byte 40960")
    assert lines[-2].strip() == "✗ truncated gzip: it stops at byte 40960"
