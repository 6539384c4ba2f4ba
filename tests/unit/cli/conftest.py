from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import run, status
from cli.__main__ import main
from cli.pipeline import Followed
from cli.target import Target, UnknownRun
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.engines import EngineChoice
from dataplatform.ledger.records import Batch, DatasetBooks, Outcomes, Run, Step
from dataplatform.ledger.usage import Usage

RUN = Run(
    run_id="2026-11-21T10:04:12Z-7f3a",
    execution="arn:run",
    input="{}",
    state="succeeded",
    started_at="2026-11-21T10:04:12Z",
    ended_at="2026-11-21T10:05:12Z",
)


class FakeLedger:
    """A ledger of one run, whose books a test may change."""

    def __init__(self) -> None:
        self.entries = [books(quarantined=0)]
        self.notes: list[AuditNote] = []

    def runs(self, limit: int) -> list[Run]:
        return [RUN][:limit]

    def books(self, run_id: str) -> list[DatasetBooks]:
        return self.entries

    def steps(self, run_id: str) -> list[Step]:
        sales = Step(run_id=run_id, name="silver", dataset="sales", at="2026-11-21T10:04:13.000Z")
        chosen = replace(sales, name="engine", detail="duckdb · 6 MB batch")
        done = replace(sales, at="2026-11-21T10:04:14.500Z", counts={"inserted": 10})
        return [chosen, replace(sales, state="started"), done]

    def run_batches(self, run_id: str) -> list[Batch]:
        batch = Batch(batch_id="b", run_id=run_id, dataset="sales", state="published")
        return [replace(batch, bytes=6_200_000)]

    def batch(self, batch_id: str) -> Batch:
        raise KeyError(batch_id)

    def engines(self, run_id: str) -> dict[str, EngineChoice]:
        choice = EngineChoice(run_id=run_id, dataset="sales", engine="duckdb", reason="6 MB batch")
        return {"sales": choice}

    def usage(self, run_id: str) -> list[Usage]:
        call = Usage(run_id=run_id, step="s", meter="lambda", size=3008, milliseconds=4000)
        return [call, replace(call, meter="glue", size=2)]

    def unclaimed_objects(self) -> list[Any]:
        return []

    def held(self) -> dict[str, AuditNote]:
        return {note.dataset: note for note in self.notes if note.state == "held"}

    def failures(self, run_id: str) -> dict[str, str]:
        return {entry.dataset: entry.error for entry in self.entries if entry.error}

    def audits(self, run_id: str) -> list[AuditNote]:
        return self.notes


class FakePlan:
    """A plan without datasets."""

    stage = "dev"
    datasets = ()
    models = ()


class FakeWarehouse:
    """Answers every query with the same rows."""

    rows: list[dict[str, Any]] = [{"store_id": 1, "sales": 12345}]

    def query(self, sql: str) -> list[dict[str, Any]]:
        return self.rows


class FakeLogs:
    """A function's and a job's log group, and one of a stranger; the function's on both pages."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_paginator(self, name: str) -> FakeLogs:
        self.name = name
        return self

    def paginate(self, **options: Any) -> list[dict[str, Any]]:
        if self.name == "describe_log_groups":
            ours = {"logGroupName": "/aws/lambda/weir-dev-open-run"}
            job = {"logGroupName": "/aws-glue/jobs/weir-dev-silver/output"}
            return [{"logGroups": [ours, {"logGroupName": "/other"}]}, {"logGroups": [ours, job]}]
        self.asked.append(options["logGroupName"])
        return [{"events": [{"timestamp": 1000, "message": "run opened"}]}]


class FakeStates:
    """Step Functions, in which nothing was ever redriven."""

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        return {"status": "SUCCEEDED", "executionArn": executionArn}


class FakeTarget:
    """A deployed stage."""

    stage = "dev"
    embedded = True
    plan = FakePlan()
    warehouse = FakeWarehouse()
    names = Target("dev", embedded=True).names

    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.logs = FakeLogs()

    def run(self, run_id: str) -> Run:
        if run_id != RUN.run_id:
            raise UnknownRun(f"no run {run_id}", why="Nothing to show.", remedy="./weir status")
        return RUN

    def client(self, service: str) -> Any:
        return FakeStates() if service == "stepfunctions" else self.logs


def books(*, quarantined: int) -> DatasetBooks:
    return DatasetBooks(
        dataset="sales",
        batches=1,
        unpublished=0,
        source=10,
        outcomes=Outcomes(inserted=10 - quarantined, quarantined=quarantined),
        live=10 - quarantined,
        waiting=quarantined,
    )


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    """The stage that every verb finds."""
    fake = FakeTarget()
    monkeypatch.setattr(Target, "choose", lambda stage: fake)
    monkeypatch.setattr(status, "_place", lambda target: "https://127.0.0.1:1")
    monkeypatch.setattr(
        run, "execute", lambda screen, target, given: Followed(RUN.run_id, RUN.execution, 1.5)
    )
    return fake


@pytest.fixture
def weir(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Calls the command line: exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "run.html"
