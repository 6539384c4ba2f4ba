"""A run whose execution ended before its last step is shown as it is, not as the ledger has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.pipeline import as_it_is
from tests.unit.cli.conftest import RUN, FakeTarget

RUNNING = replace(RUN, state="running", ended_at="")
ENDED = datetime(2026, 11, 21, 10, 6, tzinfo=UTC)


class States:
    """Step Functions with one execution."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        assert executionArn == RUN.execution
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


def test_a_run_that_has_ended_is_asked_of_nobody() -> None:
    assert as_it_is(FakeTarget(), RUN) == RUN  # type: ignore[arg-type]
