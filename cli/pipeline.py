"""Runs of the pipeline, followed in the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cli import executions
from cli.target import Target
from dataplatform.errors import DatasetsFailed, WeirError
from dataplatform.ledger.records import Run, Step


class RunFailed(WeirError):
    """The state machine's execution ended without success."""


@dataclass(frozen=True)
class Followed:
    """A run that has ended well, or but for datasets that their audit holds."""

    run_id: str
    execution: str
    seconds: float


def follow(target: Target, execution: str, show: Callable[[Run, Sequence[Step]], None]) -> Followed:
    """Wait for an execution's end, showing the run's steps as they come.

    A run that failed for nothing but datasets that are held has done its work: they wait for a
    person, and everything else went through.

    Raises:
        RunFailed: with the state machine's own error and cause.
    """
    started = time.monotonic()
    run: Run | None = None

    def look() -> None:
        nonlocal run
        run = run or _run_of(target, execution)
        if run:
            show(run, target.ledger.steps(run.run_id))

    description = executions.wait(target, execution, look)
    if description["status"] != "SUCCEEDED" and not (run and _only_held(target, description, run)):
        raise _failure(target, description, run)
    run_id = run.run_id if run else ""
    return Followed(run_id, execution, time.monotonic() - started)


def _only_held(target: Target, description: dict[str, Any], run: Run) -> bool:
    """Whether a run's last step failed it for held datasets alone; its books balance then."""
    if not executions.reason(target, description).startswith(DatasetsFailed.__name__):
        return False
    failed = target.ledger.failures(run.run_id)
    held = {name for name, note in target.ledger.held().items() if note.run_id == run.run_id}
    return bool(failed) and failed.keys() <= held


def _run_of(target: Target, execution: str) -> Run | None:
    return next((run for run in target.ledger.runs(10) if run.execution == execution), None)


def _failure(target: Target, description: dict[str, Any], run: Run | None) -> RunFailed:
    ended = f"{description['status'].lower()}: {executions.reason(target, description)}"
    if run is None:  # the ledger has none to look at
        return RunFailed(
            f"execution {description['name']} {ended}",
            why="It ended before a run was opened; nothing was changed.",
            remedy="Look: ./weir logs --function open-run; then ./weir run",
        )
    name = run.run_id
    return RunFailed(
        f"run {name} {ended}",
        why="What was published stays; what wasn't is taken up by the next run.",
        remedy=f"Look: ./weir status --run {name}, ./weir logs --run {name}; then ./weir run",
    )
