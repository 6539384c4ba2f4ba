"""One chunk of a backfill, once, beside the runs of the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dataplatform.adapters.holders import beside_runs
from dataplatform.backfilling import check_plan
from dataplatform.duckdb_engine.backfill import publish_chunk
from dataplatform.duckdb_engine.engine import too_large
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import BackfillCounts
from dataplatform.overtaken import until_not_overtaken
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import DuckdbSettings

PATIENCE_SECONDS: Final = 240
"""For a writer of the table. What was read and ranked by then would have to be so again."""

_AFTER_THE_CALL: Final = 15


def backfill_chunk(
    settings: DuckdbSettings,
    ledger: Ledger,
    plan: PlatformPlan,
    backfill_id: str,
    number: int,
    *,
    request: str,
    left: float,
    glue: Callable[[], Any],
) -> BackfillCounts:
    """Do a chunk, unless it is done, or Spark's by now.

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
    if chunk.state == "done" or chunk.engine == "spark":  # a late retry of a call
        return chunk.counts
    dataset = plan.dataset(backfill.dataset)
    check_plan(dataset, backfill)

    mine = (backfill_id, number)
    alive = beside_runs(ledger, lambda call: (call.backfill_id, call.number) == mine, glue)
    try:
        return until_not_overtaken(
            lambda: publish_chunk(
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
