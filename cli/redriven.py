"""A run that failed and was redriven: when it went on, and how long nobody worked on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from cli.target import Target
from dataplatform.ledger.records import Run, Step, iso

_NOBODY_KNOWS: Final = ("ExecutionDoesNotExist", "AccessDeniedException")
"""Step Functions forgets executions after 90 days; and who reads books may not read executions."""


@dataclass(frozen=True)
class Redriven:
    """The last time: `stopped` is when the run's last word before it was said."""

    at: str
    stopped: str

    @property
    def pause(self) -> float:
        """Seconds between them."""
        return max(0.0, moment(self.at) - moment(self.stopped))


def looked_up(target: Target, run: Run, steps: Sequence[Step]) -> tuple[Run, Redriven | None]:
    """The run as it is, and when it was redriven; None where it wasn't, or nobody knows any more.

    The ledger learns of it at its end: until then it has the run as failed, as it was.
    """
    client = target.client("stepfunctions")
    try:
        description: dict[str, Any] = client.describe_execution(executionArn=run.execution)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOBODY_KNOWS:
            raise
        return run, None
    if not description.get("redriveDate"):
        return run, None
    at = iso(description["redriveDate"])
    before = [step.at for step in steps if moment(step.at) < moment(at)]
    if description["status"] == "RUNNING":
        run = replace(run, state="running", ended_at="", error="")
    return run, Redriven(at, max(before, default=run.started_at))


def took(run: Run, redriven: Redriven | None) -> float:
    """Seconds from a run's start to its end, without those in which it had failed."""
    pause = redriven.pause if redriven else 0.0
    return moment(run.ended_at) - moment(run.started_at) - pause


def moment(text: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
