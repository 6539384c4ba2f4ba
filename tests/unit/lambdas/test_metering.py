"""Each call of a step is noted with its memory and its time, however it ends."""

from __future__ import annotations

from typing import Any

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.engines import model_subject
from dataplatform.settings import LedgerSettings
from lambdas import metering
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at
from tests.unit.lambdas.conftest import Context
from tests.unit.support.ledgers import TABLE

CONTEXT = Context(function_name="weir-dev-merge-silver", memory_limit_in_mb=3008)


class Clock:
    """`time`, as metering reads it; each look is a quarter of a second after the last."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 0.25
        return self.now

    def process_time(self) -> float:
        return 2.0


@pytest.fixture(autouse=True)
def deployed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = LedgerSettings(stage="dev", ledger_table=TABLE, plans_uri="s3://plans/plan.json")
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    ledger_at.cache_clear()
    monkeypatch.setattr(metering, "time", Clock())
    monkeypatch.setattr(metering, "_calls", iter(range(9)))


@metered
def works(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return {"run_id": "run"}


@metered
def fails(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    raise ValueError("broken")


def noted(ledger: Ledger) -> list[tuple[str, str, int, int]]:
    return [(u.step, u.meter, u.size, u.milliseconds) for u in ledger.usage("run")]


def test_a_call_is_noted_and_the_first_with_its_processs_start(ledger: Ledger) -> None:
    for _ in range(2):
        assert works({"run_id": "run"}, CONTEXT) == {"run_id": "run"}
    step = "weir-dev-merge-silver"
    assert noted(ledger) == [(step, "lambda", 3008, 2250), (step, "lambda", 3008, 250)]


def test_the_call_that_opens_a_run_is_noted_by_its_answer(ledger: Ledger) -> None:
    works({"input": {}}, CONTEXT)
    assert len(noted(ledger)) == 1


def test_a_failed_call_is_noted_too_and_fails_as_it_did(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="broken"):
        fails({"run_id": "run"}, CONTEXT)
    assert len(noted(ledger)) == 1


def test_a_ledger_that_fails_too_does_not_hide_why_the_call_did(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEIR_LEDGER_TABLE", "gone")
    with pytest.raises(ValueError, match="broken"):
        fails({"run_id": "run"}, CONTEXT)
    assert "couldn't be noted" in caplog.text


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        ({"run_id": "run", "dataset": "sales"}, "sales"),
        ({"run_id": "run", "batch_id": "sales-1"}, "sales-1"),
        ({"run_id": "run", "model": "sales", "statement_id": "x"}, model_subject("sales")),
        ({"run": "run", "table": "weir_dev_silver.sales"}, "weir_dev_silver.sales"),
        ({"run": "run", "final": True}, ""),
        ({"run_id": "run"}, ""),
    ],
)
def test_what_a_call_was_for_is_noted(ledger: Ledger, event: dict[str, Any], subject: str) -> None:
    works(event, CONTEXT)
    with pytest.raises(ValueError, match="broken"):
        fails(event, CONTEXT)
    assert [used.subject for used in ledger.usage("run")] == [subject, subject]
