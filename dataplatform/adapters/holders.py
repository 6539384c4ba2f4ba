"""Whether the holder of a table's lease goes on: expiry can't tell a long job from a dead one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call, ChunkCall, JobRun, holder
from dataplatform.ledger.records import PIPELINE_LEASE, Lease

_WORKING: Final = frozenset(("STARTING", "RUNNING", "STOPPING", "WAITING"))


def goes_on(run_id: str, glue: Callable[[], Any]) -> Callable[[Lease], bool]:
    """A test of lease holders, for a run of the pipeline.

    A call of a function is of this run and goes on, or is of an earlier one and has ended with it:
    runs follow each other under the pipeline's lease, and `hand_to_spark` gives back what a call
    of this run held when it died. A backfill goes on beside runs: its calls give back what they
    hold, or its state machine does, or the lease ends with the call's time. Of a job's run Glue is
    asked, since Glue doesn't stop it when the execution that started it dies.

    Args:
        glue: gives a Glue client; called only where a job's run has to be asked for.
    """

    def alive(lease: Lease) -> bool:
        match holder(lease.owner):
            case Call() as call:
                return call.run_id == run_id
            case JobRun() as run:
                return job_goes_on(glue(), run)
        return True

    return alive


def beside_runs(
    ledger: Ledger, ended: Callable[[ChunkCall], bool], glue: Callable[[], Any]
) -> Callable[[Lease], bool]:
    """A test of lease holders, for a backfill, which goes on beside runs of the pipeline.

    A merge goes on while its run has the pipeline.

    Args:
        ended: whether a call for a chunk is known to have ended.
        glue: as `goes_on`.
    """

    def alive(lease: Lease) -> bool:
        match holder(lease.owner):
            case Call() as call:
                run = ledger.lease_holder(PIPELINE_LEASE)
                return run is not None and run.owner == call.run_id
            case JobRun() as job:
                return job_goes_on(glue(), job)
            case ChunkCall() as chunk:
                return not ended(chunk)
        return True

    return alive


def job_goes_on(glue: Any, run: JobRun) -> bool:
    """Whether a run of a job hasn't ended, by Glue."""
    try:
        answer = glue.get_job_run(JobName=run.job, RunId=run.job_run)
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return False
        raise
    return answer["JobRun"]["JobRunState"] in _WORKING
