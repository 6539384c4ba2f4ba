"""A run whose execution ended before its last step is shown as it is, not as the ledger has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import status as status_verb
from cli.executions import reason
from cli.lookup import look_up
from cli.target import Target
from dataplatform.ledger.runs import REAPED
from tests.unit.cli.conftest import RUN, FakeTarget

RUNNING = replace(RUN, state="running", ended_at="")
ENDED = datetime(2026, 11, 21, 10, 6, tzinfo=UTC)


FORGOTTEN, DENIED = "ExecutionDoesNotExist", "AccessDeniedException"


class States:
    """Step Functions with one execution; a status that is none is the code of its refusal."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        assert executionArn == RUN.execution
        if not self.status.isupper():
            raise ClientError({"Error": {"Code": self.status}}, "DescribeExecution")
        told = {"error": "SourceUnavailable", "cause": '{"errorMessage": "503: closed"}'}
        return {"status": self.status, "executionArn": executionArn, "stopDate": ENDED, **told}


class Stage(FakeTarget):
    """A stage whose newest execution has the given status."""

    def __init__(self, status: str) -> None:
        super().__init__()
        self.status = status

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return States(self.status)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_whose_execution_failed_has_failed_for_its_reason(status: str) -> None:
    run = look_up(Stage(status), RUNNING).run  # type: ignore[arg-type]
    assert (run.state, run.ended_at) == ("failed", "2026-11-21T10:06:00Z")
    assert run.error == "SourceUnavailable: 503: closed"


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_a_run_whose_execution_did_not_fail_stays_as_the_ledger_has_it(status: str) -> None:
    assert look_up(Stage(status), RUNNING).run == RUNNING  # type: ignore[arg-type]


def test_a_run_that_the_next_one_found_dead_ended_when_and_why_its_execution_did() -> None:
    found = replace(RUN, state="failed", ended_at="2026-11-21T11:30:00Z", error=f"{REAPED} FAILED")
    run = look_up(Stage("FAILED"), found).run  # type: ignore[arg-type]
    assert (run.ended_at, run.error) == ("2026-11-21T10:06:00Z", "SourceUnavailable: 503: closed")
    assert look_up(Stage(FORGOTTEN), found).run == found  # type: ignore[arg-type]


def test_a_run_whose_end_the_ledger_knows_stays_so() -> None:
    assert look_up(Stage("FAILED"), RUN).run == RUN  # type: ignore[arg-type]


def test_what_step_functions_does_not_tell_is_said(
    weir: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_verb, "_place", lambda target: "")
    for refusal, words in (
        (FORGOTTEN, f"! run {RUN.run_id} doesn't go on: Step Functions has forgotten"),
        (DENIED, "! your credentials may not call states:DescribeExecution: runs are shown as"),
    ):
        stage = Stage(refusal)
        stage.ledger.runs = lambda limit: [RUNNING, RUNNING]  # type: ignore[method-assign]
        monkeypatch.setattr(stage, "run", lambda run_id: RUNNING)
        monkeypatch.setattr(Target, "choose", lambda name, stage=stage: stage)
        for verb in (["status"], ["status", "--run", RUN.run_id]):
            code, out, _ = weir(*verb)
            assert (code, out.count(words)) == (0, 1), out
        assert json.loads(weir("status", "--json")[1])["runs"][0]["unknown"] in out
    with pytest.raises(ClientError, match="Throttling"):
        look_up(Stage("ThrottlingException"), RUN)  # type: ignore[arg-type]


def test_a_reader_who_may_not_read_histories_is_told_so() -> None:
    class Histories:
        def get_execution_history(self, **asked: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": DENIED}}, "GetExecutionHistory")

    stage = FakeTarget()
    stage.client = lambda service: Histories()  # type: ignore[method-assign]
    said = reason(stage, {"status": "FAILED", "executionArn": "arn:run"})  # type: ignore[arg-type]
    assert said == "unknown error: your credentials may not call states:GetExecutionHistory"
