"""What a person reads of a function's log."""

from __future__ import annotations

import json

import pytest

from cli.log_lines import readable

LINE = {
    "level": "INFO",
    "location": "handler:42",
    "message": "batch staged",
    "timestamp": "2026-11-21 17:22:39,710+0000",
    "service": "stage-batch",
    "cold_start": True,
    "function_name": "weir-dev-stage-batch",
    "run_id": "2026-11-21T17:22:07Z-aef5",
    "source": 730,
}


def test_a_structured_line_is_its_message_and_what_it_is_about() -> None:
    said = readable(json.dumps(LINE) + "\n")
    assert said == "batch staged  run_id=2026-11-21T17:22:07Z-aef5 source=730"


def test_an_error_keeps_its_level_and_its_traceback() -> None:
    failed = {**LINE, "level": "ERROR", "exception": "Traceback …\nKeyError: 'x'"}
    first, *rest = str(readable(json.dumps(failed))).splitlines()
    assert first.startswith("ERROR  batch staged  run_id=")
    assert rest == ["Traceback …", "KeyError: 'x'"]


def test_figures_for_cloudwatch_are_named_so() -> None:
    line = {"_aws": {"Timestamp": 1}, "dataset": "sales", "DataAge": 7}
    assert readable(json.dumps(line)) == "metrics  dataset=sales DataAge=7"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("START RequestId: 1 Version: $LATEST", None),
        ("REPORT RequestId: 1\tDuration: 2 ms", None),
        ("Task timed out after 3 s\n", "Task timed out after 3 s"),
        ("[1, 2]", "[1, 2]"),
        ("[WARNING]\t2026-11-21T17:22:39Z\tabc-1\tstores: few\tof", "WARNING  stores: few\tof"),
        ("[INFO]\t2026-11-21 17:22:39,710\tweir\tof stores", "of stores"),
        ("[WARNING] alone", "[WARNING] alone"),
        ('{"a": 1}', '{"a": 1}'),
        ("STARTED anew", "STARTED anew"),
    ],
)
def test_every_other_line_stays_but_for_the_runtimes_own(text: str, shown: str | None) -> None:
    assert readable(text) == shown
