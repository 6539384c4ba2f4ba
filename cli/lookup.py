"""A run as it is: the ledger's word, and what Step Functions alone knows beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cli import executions
from cli.target import Target
from dataplatform.ledger.records import Run, Step, iso
from dataplatform.ledger.runs import REAPED

_FAILED: Final = executions.ENDED - {"SUCCEEDED"}


@dataclass(frozen=True)
class Redriven:
    """The last time that a failed run went on: `stopped` is when its last word before was said."""

    at: str
    stopped: str

    @property
    def pause(self) -> float:
        """Seconds between them, in which nobody worked on it."""
        return max(0.0, moment(self.at) - moment(self.stopped))


@dataclass(frozen=True)
class LookedUp:
    """A run, when it was redriven, and what of it nobody can tell; both may be nothing."""

    run: Run
    redriven: Redriven | None = None
    unknown: str = ""


def look_up(target: Target, run: Run, steps: Sequence[Step] | None = None) -> LookedUp:
    """What has become of a run.

    The ledger hears of an execution that ended before its last step when the next run takes the
    lease over: after the end, and not why. Of one that was redriven it hears at its end.

    Args:
        steps: of the run, where they are at hand.
    """
    try:
        described = executions.describe(target, run.execution)
    except executions.NotTold as error:
        return LookedUp(run, unknown=_unknown(run, error))
    if not described.get("redriveDate"):
        open_ended = run.state == "running" or run.error.startswith(REAPED)
        return LookedUp(_as_it_ended(target, run, described) if open_ended else run)
    at = iso(described["redriveDate"])
    before = [
        step.at
        for step in (target.ledger.steps(run.run_id) if steps is None else steps)
        if moment(step.at) < moment(at)
    ]
    if described["status"] == "RUNNING":
        run = replace(run, state="running", ended_at="", error="")
    elif not run.ended_at or moment(run.ended_at) < moment(at):  # what it did since, nobody noted
        run = _as_it_ended(target, run, described)
    return LookedUp(run, Redriven(at, max(before, default=run.started_at)))


def took(run: Run, redriven: Redriven | None) -> float:
    """Seconds from a run's start to its end, without those in which it had failed."""
    pause = redriven.pause if redriven else 0.0
    return moment(run.ended_at) - moment(run.started_at) - pause


def moment(text: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def _as_it_ended(target: Target, run: Run, described: dict[str, Any]) -> Run:
    """The run; failed, where its execution ended without success."""
    if described["status"] not in _FAILED:
        return run
    why = executions.reason(target, described)
    return replace(run, state="failed", ended_at=iso(described["stopDate"]), error=why)


def _unknown(run: Run, why: executions.NotTold) -> str:
    """For a person; nothing of a forgotten execution whose end the ledger knows."""
    if not why.forgotten:
        return f"{why.what}: runs are shown as the ledger has them. {why.remedy}"
    if run.ended_at:
        return ""
    return f"run {run.run_id} doesn't go on: {why.what}. {why.remedy}"
