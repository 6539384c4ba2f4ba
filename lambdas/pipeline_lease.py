"""The lease that one run at a time holds of the pipeline, from its first step to its last."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from dataplatform.errors import LeaseHeld, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE, Run
from dataplatform.ledger.runs import REAPED

RUN_LEASE_SECONDS: Final = 6 * 3600
"""Longer than any one step may take. A run that dies doesn't block for so long: see `reap`."""

_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


def hold(ledger: Ledger, run_id: str) -> Run:
    """Renew the pipeline lease for a step of a run; a redriven run takes it back.

    Raises:
        LeaseHeld: another run has it; Step Functions tries again.
        TransitionRefused: the run has succeeded, so this is a straggler of it.
    """
    run = ledger.run(run_id)
    if run.state == "succeeded":
        raise TransitionRefused(
            f"run {run_id} has succeeded already",
            why="A step that comes after its run's end would hold the pipeline for nothing.",
            remedy="Start another run.",
        )
    ledger.acquire_lease(PIPELINE_LEASE, run_id, RUN_LEASE_SECONDS, note=run.execution)
    return run


def take(ledger: Ledger, states: Any, run_id: str, execution: str) -> None:
    """Take the pipeline lease for a run; from a run whose execution has ended, too.

    Raises:
        LeaseHeld: the holder's execution goes on.
    """
    try:
        ledger.acquire_lease(PIPELINE_LEASE, run_id, RUN_LEASE_SECONDS, note=execution)
    except LeaseHeld:
        if not reap(ledger, states, mine=execution):
            raise
        ledger.acquire_lease(PIPELINE_LEASE, run_id, RUN_LEASE_SECONDS, note=execution)


def reap(ledger: Ledger, states: Any, *, mine: str = "") -> bool:
    """Free the pipeline lease where its holder's execution has ended without giving it back.

    Expiry alone would be either too short for a long Spark job or too long after a crash; Step
    Functions knows which executions live.

    Returns:
        Whether the lease is free now.
    """
    holder = ledger.lease_holder(PIPELINE_LEASE)
    if holder is None:
        return True
    ended = "ABORTED" if holder.note == mine else _ended(states, holder.note)
    if not ended:
        return False
    if not ledger.release_lease(PIPELINE_LEASE, holder.owner, token=holder.token):
        return False
    try:
        if holder.note != mine and ledger.run(holder.owner).state == "running":
            ledger.close_run(holder.owner, "failed", f"{REAPED} {ended}")
    except KeyError:
        return True  # it died before it could note its run
    return True


def execution_goes_on(states: Any, execution: str) -> bool:
    """Whether an execution of a state machine hasn't ended yet."""
    return not _ended(states, execution)


def _ended(states: Any, execution: str) -> str:
    """How an execution ended; "" while it goes on or where nobody can tell."""
    if not execution.startswith("arn:"):
        return ""
    try:
        status = str(states.describe_execution(executionArn=execution)["status"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return "gone"
        raise
    return status if status in _ENDED else ""
