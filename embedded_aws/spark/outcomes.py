"""How a job's driver process ended: by what stopped it, else by the file that it left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from embedded_aws.spark.runs import JobRun


@dataclass(frozen=True)
class Outcome:
    """How a driver process ended.

    Args:
        state: SUCCEEDED, FAILED, STOPPED or TIMEOUT.
        error: for the run's ErrorMessage.
        clean: whether the JVM is as it was before the job.
    """

    state: str
    error: str = ""
    clean: bool = True


def judged(run: JobRun, status: int, file: Path) -> Outcome:
    """What became of a run whose driver has ended with `status`, and left `file` if it could."""
    if run.verdict:
        error = f"{run.record['JobName']} timed out" if run.verdict == "TIMEOUT" else ""
        return Outcome(run.verdict, error, clean=False)
    if not file.exists():
        return Outcome("FAILED", f"Command failed with exit code {status}", clean=False)
    told = json.loads(file.read_text())
    state = "FAILED" if told["error"] else "SUCCEEDED"
    return Outcome(state, told["error"] or "", clean=told["clean"])
