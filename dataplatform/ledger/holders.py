"""Who holds a table's lease: a run of a Glue job, or a call of a function for a run or backfill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_CALL: Final = "call"
_BACKFILL: Final = "backfill"


@dataclass(frozen=True)
class JobRun:
    """A run of a Glue job: `weir-dev-silver/jr_1`."""

    job: str
    job_run: str

    def __str__(self) -> str:
        return f"{self.job}/{self.job_run}"


@dataclass(frozen=True)
class Call:
    """A function's call: `call/2026-11-21T10:04:12Z-7f3a/sales/<request id>`.

    subject: the dataset that it publishes, or `gold-models`. A retry is another request, so another
    holder than its predecessor.
    """

    run_id: str
    subject: str
    request: str

    def __str__(self) -> str:
        return f"{_CALL}/{self.run_id}/{self.subject}/{self.request}"


@dataclass(frozen=True)
class ChunkCall:
    """A function's call for a chunk: `backfill/backfill-sales-1f0c/3/<request id>`."""

    backfill_id: str
    number: int
    request: str

    def __str__(self) -> str:
        return f"{_BACKFILL}/{self.backfill_id}/{self.number}/{self.request}"


Holder = JobRun | Call | ChunkCall


def holder(owner: str) -> Holder | None:
    """Who an owner's name stands for; None where it is none of these."""
    match owner.split("/"):
        case ["backfill", backfill_id, number, request]:
            return ChunkCall(backfill_id, int(number), request)
        case ["call", run_id, subject, request]:
            return Call(run_id, subject, request)
        case [job, job_run]:
            return JobRun(job, job_run)
    return None
