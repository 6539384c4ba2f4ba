"""Job runs as Glue's API shows them: their records, states and the wait for a change."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from embedded_aws.spark.arguments import JobArguments

RUNNING: Final = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
"""States of a run that counts against MaxConcurrentRuns."""

INTERRUPTED: Final = "The embedded AWS was stopped while this run was under way"

_changed = threading.Condition()


@dataclass
class JobRun:
    """One run on its way; `record` is what the API answers with.

    `verdict` is set by whoever ends the run from outside: STOPPED or TIMEOUT.
    """

    record: dict[str, Any]
    job: Mapping[str, Any]
    arguments: JobArguments
    account: str
    region: str
    verdict: str = ""
    started: float = field(default=0.0)

    @property
    def id(self) -> str:
        """`jr_…`"""
        return str(self.record["Id"])

    @property
    def timeout_seconds(self) -> float:
        """Glue's Timeout is in minutes."""
        return float(self.record["Timeout"]) * 60

    def running(self) -> None:
        """The driver starts: ExecutionTime counts from here."""
        self.started = time.monotonic()
        self._move("RUNNING")

    def stopping(self) -> None:
        """Its driver is being killed."""
        self._move("STOPPING")

    def ended(self, state: str, error: str = "") -> None:
        """The last state, unless it has one already: a record doesn't change any more."""
        now = time.time()
        seconds = time.monotonic() - self.started if self.started else 0
        with _changed:
            if self.record["JobRunState"] not in RUNNING:
                return
            self.record.update(CompletedOn=now, LastModifiedOn=now, ExecutionTime=round(seconds))
            if error:
                self.record["ErrorMessage"] = error
            self.record["JobRunState"] = state
            _changed.notify_all()

    def _move(self, state: str) -> None:
        with _changed:
            self.record.update(JobRunState=state, LastModifiedOn=time.time())
            _changed.notify_all()


def wait_for_change(record: Mapping[str, Any], seconds: float) -> bool:
    """Wait until a run has ended, or the time is over; True if it has ended."""
    with _changed:
        return _changed.wait_for(lambda: record["JobRunState"] not in RUNNING, seconds)


def new_record(job: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a run that is about to start, in the shape of Glue's JobRun."""
    now = time.time()
    workers = request.get("NumberOfWorkers") or job.get("NumberOfWorkers") or 2
    record = {
        "Id": "jr_" + secrets.token_hex(32),
        "Attempt": 0,
        "JobName": job["Name"],
        "JobRunState": "STARTING",
        "StartedOn": now,
        "LastModifiedOn": now,
        "Arguments": dict(request.get("Arguments") or {}),
        "PredecessorRuns": [],
        "AllocatedCapacity": workers,
        "ExecutionTime": 0,
        "Timeout": int(request.get("Timeout") or job.get("Timeout") or 2880),
        "MaxCapacity": float(workers),
        "WorkerType": request.get("WorkerType") or job.get("WorkerType") or "G.1X",
        "NumberOfWorkers": workers,
        "GlueVersion": job.get("GlueVersion") or "5.1",
        "LogGroupName": "/aws-glue/jobs",
        "ExecutionClass": request.get("ExecutionClass") or "STANDARD",
    }
    if job.get("SecurityConfiguration"):
        record["SecurityConfiguration"] = job["SecurityConfiguration"]
    return record


def retry_record(run: JobRun) -> dict[str, Any]:
    """The next attempt after a failure, as MaxRetries asks for."""
    attempt = int(run.record["Attempt"]) + 1
    first = run.id.partition("_attempt_")[0]
    now = time.time()
    record = {
        name: value
        for name, value in run.record.items()
        if name not in {"CompletedOn", "ErrorMessage"}
    }
    return record | {
        "Id": f"{first}_attempt_{attempt}",
        "Attempt": attempt,
        "PreviousRunId": run.id,
        "JobRunState": "STARTING",
        "StartedOn": now,
        "LastModifiedOn": now,
        "ExecutionTime": 0,
    }
