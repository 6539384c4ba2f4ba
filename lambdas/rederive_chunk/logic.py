"""One chunk of a backfill, once, beside the runs of the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dataplatform.adapters.holders import job_goes_on
from dataplatform.duckdb_engine.backfill import rederive
from dataplatform.duckdb_engine.engine import too_large
from dataplatform.errors import PlanChanged
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call, ChunkCall, JobRun, holder
from dataplatform.ledger.records import PIPELINE_LEASE, Lease, Rederived
from dataplatform.overtaken import until_not_overtaken
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import DuckdbSettings

PATIENCE_SECONDS: Final = 240
"""For a writer of the table. What was read and ranked by then would have to be so again."""

_AFTER_THE_CALL: Final = 15


def rederive_chunk(
    settings: DuckdbSettings,
    ledger: Ledger,
    plan: PlatformPlan,
    backfill_id: str,
    number: int,
    *,
    request: str,
    left: float,
    glue: Callable[[], Any],
) -> Rederived:
    """Do a chunk, unless it is done.

    Args:
        request: id of the call: what it holds in leases.
        left: seconds until the call is ended.
        glue: gives a Glue client; called only where a job's run has to be asked for.

    Raises:
        LeaseHeld: another writer keeps the table.
        PlanChanged: the contract isn't the one that the backfill was planned by.
        TooLarge, NotForThisEngine: a function can't do it; silver is as it was.
    """
    backfill, chunk = ledger.backfill(backfill_id), ledger.chunk(backfill_id, number)
    if chunk.state == "done":
        return chunk.counts
    dataset = plan.dataset(backfill.dataset)
    if dataset.mark != backfill.mark:
        raise PlanChanged(
            f"{backfill.dataset}: another contract was deployed since {backfill_id} was planned",
            why="Half of the rows would follow the one, half the other.",
            remedy="Start the backfill again: it begins anew by the contract of today.",
        )

    def alive(lease: Lease) -> bool:
        return _alive(ledger, lease, backfill_id, number, glue)

    try:
        return until_not_overtaken(
            lambda: rederive(
                settings,
                ledger,
                dataset,
                backfill,
                chunk,
                request=request,
                seconds=int(left) + _AFTER_THE_CALL,
                alive=alive,
                patience=min(PATIENCE_SECONDS, left / 3),
            )
        )
    except MemoryError as error:
        raise too_large("out of memory") from error


def _alive(
    ledger: Ledger, lease: Lease, backfill_id: str, number: int, glue: Callable[[], Any]
) -> bool:
    """A merge goes on while its run has the pipeline; this chunk's own call before it has ended."""
    match holder(lease.owner):
        case Call() as call:
            run = ledger.lease_holder(PIPELINE_LEASE)
            return run is not None and run.owner == call.run_id
        case JobRun() as job:
            return job_goes_on(glue(), job)
        case ChunkCall() as chunk:
            return (chunk.backfill_id, chunk.number) != (backfill_id, number)
    return True
