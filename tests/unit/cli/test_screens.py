"""What fits a screen: no heading and no value is cut, at 80 columns or in a pipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli import books as books_table
from cli import costs
from cli import sql as sql_verb
from cli.screen import Screen, _Ticking, number_of, plain_console
from cli.status import _took
from dataplatform.ledger.costs import Cost
from dataplatform.ledger.records import Outcomes, Run, Step
from tests.unit.cli.conftest import RUN, FakeTarget, books

Weir = Callable[..., tuple[int, str, str]]

WIDE = [{f"a_column_named_{n}": f"value {n} of this row" for n in range(9)}]
NARROW = [{"city": "Arcadia", "customer_id": 51}]


def shown(rows: list[dict[str, Any]], *, terminal: bool) -> str:
    screen = Screen()
    screen.console = plain_console(file=StringIO(), width=80)
    screen.console._force_terminal = terminal
    sql_verb._show(screen, rows)
    assert isinstance(screen.console.file, StringIO)
    return screen.console.file.getvalue()


def test_rows_too_wide_for_a_terminal_are_shown_a_value_a_line() -> None:
    lines = shown(WIDE, terminal=True).splitlines()
    assert sum("a_column_named_" in line for line in lines) == len(WIDE[0])
    assert all(any(value in line for line in lines) for value in WIDE[0].values())


def test_rows_too_wide_for_a_terminal_are_one_line_each_in_a_pipe() -> None:
    [heading, row] = shown(WIDE, terminal=False).splitlines()
    assert heading.split() == list(WIDE[0])
    assert all(value in row for value in WIDE[0].values())


def test_a_long_last_value_is_folded_in_its_column() -> None:
    rows = [{"column": "id", "type": "int"}, {"column": "lines", "type": f"struct<{'a' * 150}>"}]
    lines = shown(rows, terminal=True).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["column", "id", "lines"]
    assert "".join("".join(lines[2:]).split()) == f"linesstruct<{'a' * 150}>"


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("value", ["[null, 1]", "[/red]", "fe80:a:b::1", "c:\\\\"])
def test_what_a_row_holds_is_shown_as_it_is(value: str, *, terminal: bool) -> None:
    assert value in shown([{"[b]": value, "n": 1}], terminal=terminal)
    assert value in shown([{"n": 1, "[b]": value, "wide": "w" * 90}], terminal=terminal)


def test_a_line_of_a_value_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().say("fe80:a:b::1")
    assert capsys.readouterr().out == "fe80:a:b::1\n"


def test_rows_that_fit_are_a_table() -> None:
    [heading, row] = shown(NARROW, terminal=True).splitlines()
    assert "city" in heading
    assert "customer_id" in heading
    assert "51" in row


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (Cost(), "Cost $0 at list prices of us-east-1: Lambda $0, Glue $0"),
        (
            Cost(functions=0.00031, jobs=1.2),
            "Cost $1.20 at list prices of us-east-1: Lambda $0.00031, Glue $1.20",
        ),
        (
            Cost(functions=0.0146667),
            "Cost $0.015 at list prices of us-east-1: Lambda $0.015, Glue $0",
        ),
    ],
)
def test_a_cost_is_said_in_figures_that_tell_something(cost: Cost, said: str) -> None:
    assert costs.dollars(cost) == said


def test_the_books_of_hundreds_of_thousands_of_records_fit_80_columns() -> None:
    entry = replace(
        books(quarantined=0),
        dataset="product_classes",
        source=999_999,
        outcomes=Outcomes(inserted=999_999, updated=999_999, duplicate=999_999),
        live=999_999,
    )
    console = Console(file=StringIO(), width=1000)
    assert console.measure(books_table.of_run([entry])).maximum <= 80


@pytest.mark.parametrize(
    ("started", "ended", "took"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", "9 s"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:02:06Z", "2 min 6 s"),
        ("2026-01-01T00:00:00Z", "", ""),
    ],
)
def test_a_run_says_how_long_it_took(started: str, ended: str, took: str) -> None:
    run = Run(**{**vars(RUN), "started_at": started, "ended_at": ended})
    assert _took(run, None) == took


@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_line_is_broken_between_words_below_its_first_word(terminal: bool) -> None:
    screen = Screen()
    screen.console = Console(
        file=StringIO(), force_terminal=terminal, width=40, color_system=None, highlight=False
    )
    screen.say(" [yellow]![/] rows append, and the same file twice counts once in the books")
    screen.say()
    screen.say("short\n[b]lines[/b] stay")
    assert isinstance(screen.console.file, StringIO)
    lines = screen.console.file.getvalue().splitlines()
    if terminal:
        assert [line.rstrip() for line in lines[:2]] == [
            " ! rows append, and the same file twice",
            "   counts once in the books",
        ]
    assert lines[-3:] == ["", "short", "lines stay"]
    assert len(lines) == (5 if terminal else 4), "a pipe gets each line whole"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "Nothing was due: no new records, no model to build, no load."),
        (
            ("gold", "gold", "warehouse"),
            "No new records. Built: 2 of gold. Loaded into the warehouse: 1.",
        ),
    ],
)
def test_a_run_without_records_says_what_it_built(names: tuple[str, ...], said: str) -> None:
    plan = Step(run_id="r", name="gold plan", dataset="", at="")
    started = Step(run_id="r", name="gold", dataset="m", state="started", at="")
    steps = [Step(run_id="r", name=name, dataset=f"m{n}", at="") for n, name in enumerate(names)]
    did = books_table.without_records([plan, started, *steps])
    assert (str(did), did.idle) == (said, not names)


def test_a_run_that_takes_nothing_of_what_is_held_says_so() -> None:
    step = Step(run_id="r", name="plan", dataset="stores", state="skipped", at="")
    did = books_table.without_records([replace(step, dataset="", state="done"), step])
    assert did.idle and "held since an earlier run: stores" in str(did)
    did = books_table.without_records([replace(step, dataset="", counts={"waiting": 2})])
    assert str(did) == "Nothing was taken: what has come waits."


@pytest.mark.parametrize("terminal", [True, False])
def test_an_answer_that_is_waited_for_is_shown_where_it_is_no_answer(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1" if terminal else "0")
    with Screen().waiting("sql", "asking the [lake]"):
        pass
    out, err = capfd.readouterr()
    assert (out, "asking the [lake]" in err) == ("", terminal)


def test_what_takes_longer_says_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((0.0, 1.9, 2.0, 75.4))
    monkeypatch.setattr("cli.screen.time.monotonic", lambda: next(now))
    shown = _Ticking("synthesize", "[the] app")
    assert [shown.__rich__().plain for _ in range(3)] == [
        "synthesize   [the] app",
        "synthesize   [the] app   2 s",
        "synthesize   [the] app   75 s",
    ]


@pytest.mark.parametrize("verb", [("status",), ("status", "--run", RUN.run_id)])
def test_a_verb_that_asks_the_ledger_says_so_on_a_terminal_and_leaves_no_trace(
    verb: tuple[str, ...], weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, quiet, err = weir(*verb)
    assert err == ""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    _, _, err = weir(*verb)
    assert "asking the ledger" in err
    assert quiet


def test_lines_end_with_their_words_but_on_a_terminal() -> None:
    rows = [{"customer_id": 51, "city": city} for city in ("Arcadia", "Rye")]
    assert " 51  Rye\n" in shown(rows, terminal=False)
    screen = Screen()
    screen.console = plain_console(file=StringIO(), width=80)
    for terminal in (False, True):
        screen.console._force_terminal = terminal
        screen.show(sql_verb._table(rows))
        screen.done("synthesize", "9 stacks", "")
        screen.say(" said ")
        assert isinstance(screen.console.file, StringIO)
        blanks = [line for line in screen.console.file.getvalue().split("\n") if line[-1:] == " "]
        assert len(blanks) == (5 if terminal else 0)


def test_up_shows_from_its_first_moment_that_it_starts(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.up.up", lambda screen, **asked: screen.say("up"))
    assert weir("up") == (0, "up\n", "")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert "embedded AWS starting" in weir("up")[2]


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 records"), (1, "1 record"), (2_000, "2,000 records")]
)
def test_one_of_something_is_said_as_one(count: int, said: str) -> None:
    assert number_of(count, "record") == said
