"""A run whose execution ended before its last step is shown as it is, not as the ledger has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cli.pipeline import as_it_is
from dataplatform.ledger.runs import REAPED
from tests.unit.cli.conftest import RUN, FakeTarget

RUNNING = replace(RUN, state="running", ended_at="")
ENDED = datetime(2026, 11, 21, 10, 6, tzinfo=UTC)


class Gone(Exception):
    """What Step Functions says of an execution that it has forgotten."""


class States:
    """Step Functions with one execution; status "" where it is forgotten."""

    exceptions = SimpleNamespace(ExecutionDoesNotExist=Gone)

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        assert executionArn == RUN.execution
        if not self.status:
            raise Gone
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
    run = as_it_is(Stage(status), RUNNING)  # type: ignore[arg-type]
    assert (run.state, run.ended_at) == ("failed", "2026-11-21T10:06:00Z")
    assert run.error == "SourceUnavailable: 503: closed"


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_a_run_whose_execution_did_not_fail_stays_as_the_ledger_has_it(status: str) -> None:
    assert as_it_is(Stage(status), RUNNING) == RUNNING  # type: ignore[arg-type]


def test_a_run_that_the_next_one_found_dead_ended_when_and_why_its_execution_did() -> None:
    found = replace(RUN, state="failed", ended_at="2026-11-21T11:30:00Z", error=f"{REAPED} FAILED")
    run = as_it_is(Stage("FAILED"), found)  # type: ignore[arg-type]
    assert (run.ended_at, run.error) == ("2026-11-21T10:06:00Z", "SourceUnavailable: 503: closed")
    assert as_it_is(Stage(""), found) == found  # type: ignore[arg-type]


def test_a_run_that_has_ended_is_asked_of_nobody() -> None:
    assert as_it_is(FakeTarget(), RUN) == RUN  # type: ignore[arg-type]
