"""Executions are followed to their end, and an end that isn't good is told with its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli import executions
from dataplatform.errors import InvalidRunInput, Problem
from tests.unit.cli.conftest import FakeTarget


class States:
    """Step Functions with one execution, which has one status after the other."""

    def __init__(self, *statuses: str, history: list[dict[str, Any]] | None = None) -> None:
        self.statuses = list(statuses)
        self.history = history or []

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        return {"executionArn": executionArn, "status": self.statuses.pop(0)}

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": self.history}


class Stage(FakeTarget):
    def __init__(self, states: States) -> None:
        super().__init__()
        self.states = states

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return self.states


def test_who_follows_looks_once_more_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "_POLL_SECONDS", 0)
    stage = Stage(States("RUNNING", "RUNNING", "SUCCEEDED"))
    left: list[int] = []
    ended = executions.wait(stage, "arn", lambda: left.append(len(stage.states.statuses)))  # type: ignore[arg-type]
    assert (ended["status"], left) == ("SUCCEEDED", [2, 1, 0])


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (json.dumps({"errorMessage": "out of rooms", "stackTrace": []}), "out of rooms"),
        (json.dumps({"ErrorMessage": "no worker", "JobName": "silver"}), "no worker"),
        ("the plain truth", "the plain truth"),
        (json.dumps(["a list"]), '["a list"]'),
    ],
)
def test_a_reason_is_what_the_failed_state_said(cause: str, said: str) -> None:
    told = {"error": "TooLarge", "cause": cause}
    stage = Stage(States(history=[{"id": 9}, {"id": 8, "taskFailedEventDetails": told}]))
    description = {"executionArn": "arn", "status": "FAILED"}
    assert executions.reason(stage, description) == f"TooLarge: {said}"  # type: ignore[arg-type]


def test_an_execution_that_a_person_stopped_did_not_fail_for_what_went_before() -> None:
    told = {"error": "TooLarge", "cause": "retried, and then well"}
    stage = Stage(States(history=[{"id": 9}, {"id": 8, "taskFailedEventDetails": told}]))
    description = {"executionArn": "arn", "status": "ABORTED"}
    assert executions.reason(stage, description).startswith("Aborted: it was stopped")  # type: ignore[arg-type]
    description["cause"] = "wrong day"
    assert executions.reason(stage, description) == "Aborted: wrong day"  # type: ignore[arg-type]


def test_what_a_function_refused_is_told_in_its_own_words_once() -> None:
    error = InvalidRunInput(
        [Problem(file="input", line=None, field="to", found="soon", expected="a date")],
        why="No row was touched.",
    )
    ended = {
        "error": "InvalidRunInput",
        "cause": json.dumps({"errorMessage": str(error)}),
        "executionArn": "arn",
    }
    said = executions.words(executions.reason(Stage(States()), ended))  # type: ignore[arg-type]
    assert said == "input  to: soon; expected a date\nNo row was touched."
