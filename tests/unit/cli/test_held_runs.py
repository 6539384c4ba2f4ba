"""A run that failed for held datasets alone is told as data that waits, not as a failure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from cli import pipeline
from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.records import Run, Step


@dataclass
class States:
    """Step Functions, where an execution has failed."""

    error: str

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        cause = json.dumps({"errorMessage": "sales: BatchHeld: sales is held"})
        return {"status": "FAILED", "error": self.error, "cause": cause, "name": "x"}


@dataclass
class Stage:
    """A deployed stage, as far as following a run goes."""

    ledger: Ledger
    states: States

    def client(self, service: str) -> Any:
        return self.states


def held(ledger: Ledger, dataset: str, run_id: str = "run") -> None:
    note = AuditNote(run_id=run_id, dataset=dataset, state="held", batches=("b",), digest="d")
    ledger.hold_dataset(note, f"BatchHeld: {dataset} is held")


def follow(ledger: Ledger, error: str = "DatasetsFailed") -> pipeline.Followed:
    ledger.open_run("run", "arn:run", "{}")
    stage: Any = Stage(ledger, States(error))

    def show(run: Run, steps: Sequence[Step]) -> None:
        """Nobody looks."""

    return pipeline.follow(stage, "arn:run", show)


def test_what_is_held_waits_and_the_run_is_reported(ledger: Ledger) -> None:
    held(ledger, "sales")
    assert follow(ledger).run_id == "run"


def test_beside_a_dataset_that_failed_otherwise_the_run_has_failed(ledger: Ledger) -> None:
    held(ledger, "sales")
    ledger.fail_dataset("run", "stores", "AnalysisException: no such column")
    with pytest.raises(pipeline.RunFailed, match="BatchHeld"):
        follow(ledger)


def test_books_that_do_not_balance_are_a_failure_whatever_is_held(ledger: Ledger) -> None:
    held(ledger, "sales")
    with pytest.raises(pipeline.RunFailed, match="BooksUnbalanced"):
        follow(ledger, error="BooksUnbalanced")


def test_what_an_earlier_run_has_held_excuses_nothing(ledger: Ledger) -> None:
    held(ledger, "sales", run_id="earlier")
    ledger.fail_dataset("run", "sales", "ClientError: throttled")
    with pytest.raises(pipeline.RunFailed):
        follow(ledger)
