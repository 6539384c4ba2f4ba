"""An error in a log is read before the trace that leads to it, however it was written."""

from __future__ import annotations

import pytest

from cli.log_entries import Entry, entries

FRAMES = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()"]
ERROR = ["InvalidRunInput: to: 'soon'", "  No row was touched."]
REPORT = ["[ERROR] InvalidRunInput: to: 'soon'", "No row was touched."]
JAVA = ["java.io.IOException: gone", "\tat o.a.S$.run(S.scala:1)", "\t... 3 more"]


def both_ways(lines: list[str]) -> Entry:
    """As one event, and as an event for each line; what comes out must be the same."""
    (one,) = entries([("g", 1, "\n".join(lines))])
    (other,) = entries([("g", number, line) for number, line in enumerate(lines)])
    assert (one.said, one.trace) == (other.said, other.trace)
    return one


@pytest.mark.parametrize(
    ("lines", "said", "trace"),
    [
        ([*FRAMES, *ERROR], ERROR, FRAMES),
        ([*REPORT, *FRAMES], REPORT, FRAMES),
        ([*REPORT, "Traceback:", *FRAMES[1:]], REPORT, ["Traceback:", *FRAMES[1:]]),
        (JAVA, JAVA[:1], JAVA[1:]),
        (
            [*FRAMES, "KeyError: 'x'", "", "During handling of the above:", "", *FRAMES, *ERROR],
            ERROR,
            [*FRAMES, "KeyError: 'x'", "", "During handling of the above:", "", *FRAMES],
        ),
    ],
)
def test_the_error_stands_apart_from_what_led_to_it(
    lines: list[str], said: list[str], trace: list[str]
) -> None:
    found = both_ways(lines)
    assert (found.said.split("\n"), found.trace.split("\n")) == (said, trace)
    assert found.is_error


def test_a_structured_error_says_what_was_done_and_then_why_it_failed() -> None:
    (found,) = entries([("g", 1, "\n".join(["ERROR  batch staged  run_id=r", *FRAMES, *ERROR]))])
    assert found.said.split("\n") == ["ERROR  batch staged  run_id=r", *ERROR]


def test_what_comes_after_an_error_is_not_its_own() -> None:
    said = [("g", 1, "\n".join([*FRAMES, *ERROR])), ("g", 2, "next"), ("h", 1, "beside")]
    assert [(e.group, e.said.split("\n")[0]) for e in entries(said)] == [
        ("g", ERROR[0]),
        ("h", "beside"),
        ("g", "next"),
    ]
    later = entries([("g", 1, "[ERROR] Task failed"), ("g", 900, "next")])
    ended = entries([("g", 1, "[ERROR] Task failed"), ("g", 2, None), ("g", 3, "next")])
    assert [e.said for e in later] == [e.said for e in ended] == ["[ERROR] Task failed", "next"]


def test_lines_of_two_functions_that_come_between_each_other_are_put_together() -> None:
    lines = [("g", n, line) for n, line in enumerate([*FRAMES, *ERROR])]
    between = [each for line in lines for each in (line, ("h", line[1], f"line {line[1]}"))]
    mine = [entry for entry in entries(between) if entry.group == "g"]
    assert [entry.said.split("\n") for entry in mine] == [ERROR]
