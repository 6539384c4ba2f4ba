"""A run that was redriven: what it took is told without the days in which it had failed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import status
from cli.lookup import look_up, took
from cli.target import Target
from dataplatform.ledger.records import Run, Step
from dataplatform.ledger.work import spans_of
from tests.unit.cli.conftest import RUN, FakeTarget

Weir = Callable[..., tuple[int, str, str]]

DAYS_LATER = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ENDED = replace(RUN, ended_at="2026-11-23T08:00:20Z")
SILVER = Step(run_id=RUN.run_id, name="silver", dataset="sales", at="")
STEPS = [
    replace(SILVER, state="started", at="2026-11-21T10:04:20.000000Z"),
    replace(SILVER, state="failed", at="2026-11-21T10:04:30.000000Z"),
    replace(SILVER, state="started", at="2026-11-23T08:00:05.000000Z"),
    replace(SILVER, state="done", at="2026-11-23T08:00:15.000000Z"),
]


class Stage(FakeTarget):
    """A stage whose newest run failed, and was redriven two days later."""

    def __init__(self, run: Run = ENDED, *, status: str = "SUCCEEDED", refuses: str = "") -> None:
        super().__init__()
        self._run, self._status, self._refuses = run, status, refuses
        self.ledger.steps = lambda run_id: STEPS  # type: ignore[method-assign]

    def run(self, run_id: str) -> Run:
        return self._run

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return self

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        if self._refuses:
            raise ClientError({"Error": {"Code": self._refuses}}, "DescribeExecution")
        ended = DAYS_LATER + timedelta(seconds=20)
        return {"status": self._status, "redriveDate": DAYS_LATER, "stopDate": ended}


def test_what_a_redriven_run_took_is_without_its_pause() -> None:
    found = look_up(Stage(), ENDED)  # type: ignore[arg-type]
    assert found.redriven is not None
    assert (found.run, found.redriven.at) == (ENDED, "2026-11-23T08:00:00Z")
    assert took(found.run, found.redriven) == 18 + 20, "from its start to its last word, and since"
    assert spans_of(STEPS) == {("silver", "sales"): 20.0}


def test_a_run_that_was_redriven_and_goes_on_has_not_failed() -> None:
    failed = replace(RUN, state="failed", error="States.TaskFailed: no")
    found = look_up(Stage(failed, status="RUNNING"), failed, STEPS)  # type: ignore[arg-type]
    assert found.redriven
    assert (found.run.state, found.run.ended_at, found.run.error) == ("running", "", "")


def test_a_redriven_run_that_was_stopped_ended_when_it_was_and_not_before_it_went_on() -> None:
    failed = replace(RUN, state="failed", error="States.TaskFailed: no")
    found = look_up(Stage(failed, status="ABORTED"), failed, STEPS)  # type: ignore[arg-type]
    assert (found.run.state, found.run.ended_at) == ("failed", "2026-11-23T08:00:20Z")
    assert found.run.error.startswith("Aborted: ")
    assert took(found.run, found.redriven) == 18 + 20


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "AccessDeniedException"])
def test_whether_a_run_was_redriven_may_not_be_known(code: str) -> None:
    found = look_up(Stage(refuses=code), ENDED, STEPS)  # type: ignore[arg-type]
    assert (found.run, found.redriven) == (ENDED, None)
    assert bool(found.unknown) == (code == "AccessDeniedException")


def test_the_table_of_runs_tells_the_same(weir: Weir, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.ledger.runs = lambda limit: [ENDED]  # type: ignore[method-assign]
    monkeypatch.setattr(status, "_place", lambda target: "")
    monkeypatch.setattr(Target, "choose", lambda name: stage)
    _, out, _ = weir("status")
    assert re.search(rf"^{ENDED.run_id} +succeeded +38 s ", out, re.MULTILINE), out
    _, out, _ = weir("status", "--json")
    assert json.loads(out)["runs"][0]["seconds"] == 38


def test_status_and_its_page_tell_of_it(
    weir: Weir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Target, "choose", lambda stage: Stage())
    page = tmp_path / "run.html"
    _, out, _ = weir("status", "--run", RUN.run_id, "--html", str(page))
    assert " redriven 2026-11-23T08:00:00Z, after it had failed; it took 38 s in all\n" in out
    text = page.read_text(encoding="utf-8")
    assert " · 38 s · redriven <span class=whole>2026-11-23T08:00:00Z</span>" in text
    assert "<span class=seconds>20.0 s</span>" in text
    assert text.count("class='bar failed'") == text.count("class='bar done'") == 1
    _, out, _ = weir("status", "--run", RUN.run_id, "--json")
    assert json.loads(out)["redriven"] == "2026-11-23T08:00:00Z"
