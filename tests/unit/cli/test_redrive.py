"""A failed run goes on where it failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import redrive
from cli import run as run_verb
from cli.pipeline import Followed, RunFailed
from cli.screen import Screen, WrongUsage
from cli.target import Target, UnknownRun
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.records import Run
from tests.unit.cli.conftest import RUN, FakeTarget

FAILED = replace(RUN, run_id="2026-11-20T10:04:12Z-0b1c", execution="arn:failed", state="failed")
HELD = replace(
    RUN,
    run_id="2026-11-21T11:00:00Z-77aa",
    state="failed",
    error="stores: BatchHeld: stores is held",
)


class Runs:
    def __init__(self, *runs: Run) -> None:
        self._runs = list(runs)

    def runs(self, limit: int) -> list[Run]:
        return self._runs[:limit]

    def failures(self, run_id: str) -> dict[str, str]:
        return {"stores": "BatchHeld: stores is held"} if run_id == HELD.run_id else {"stores": "x"}

    def audits(self, run_id: str) -> list[AuditNote]:
        note = AuditNote(run_id=run_id, dataset="stores", state="held", batches=("b",), digest="d")
        return [note] if run_id == HELD.run_id else []


class States:
    def __init__(self, refusal: str = "") -> None:
        self.redriven: list[str] = []
        self._refusal = refusal

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        return {"status": "FAILED"}

    def redrive_execution(self, *, executionArn: str) -> None:
        if self._refusal:
            raise ClientError(
                {"Error": {"Code": "ExecutionNotRedrivable", "Message": self._refusal}},
                "RedriveExecution",
            )
        self.redriven.append(executionArn)


class Stage(FakeTarget):
    def __init__(self, states: States, *runs: Run) -> None:
        super().__init__()
        self.ledger = Runs(*runs)  # type: ignore[assignment]
        self._states = states

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return self._states


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Executions that were followed to their end and shown."""
    seen: list[str] = []

    def watch(_screen: Screen, _target: Any, execution: str) -> Followed:
        return Followed(FAILED.run_id, execution, 1.0)

    monkeypatch.setattr(run_verb, "watch", watch)
    monkeypatch.setattr(
        run_verb, "report", lambda _s, _t, followed: seen.append(followed.execution)
    )
    return seen


def on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "choose", lambda _name: stage)


def test_the_last_run_that_failed_goes_on_and_is_reported(
    monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    states = States()
    on(Stage(states, RUN, FAILED), monkeypatch)
    redrive.redrive(Screen(as_json=True), None, None)
    assert states.redriven == reported == ["arn:failed"]


def test_a_run_that_failed_for_what_is_held_is_not_redriven(
    monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    states = States()
    stage = Stage(states, HELD, FAILED)
    on(stage, monkeypatch)
    redrive.redrive(Screen(as_json=True), None, None)
    assert states.redriven == reported == ["arn:failed"]
    monkeypatch.setattr(stage, "run", lambda run_id: HELD)
    with pytest.raises(WrongUsage, match="nothing but what its audit held"):
        redrive.redrive(Screen(as_json=True), None, HELD.run_id)
    assert states.redriven == ["arn:failed"]


def test_where_none_has_failed_nothing_is_redriven(
    monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    states = States()
    on(Stage(states, RUN), monkeypatch)
    with pytest.raises(UnknownRun, match="none of the last"):
        redrive.redrive(Screen(as_json=True), None, None)
    assert states.redriven == reported == []


def test_a_refusal_of_step_functions_says_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, reported: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    on(Stage(States("Execution is too old"), FAILED), monkeypatch)
    with pytest.raises(RunFailed, match="too old") as refused:
        redrive.redrive(Screen(), None, None)
    assert capsys.readouterr().out == "", "nor that the run goes on"
    assert "./weir run" in refused.value.remedy
    assert reported == []
