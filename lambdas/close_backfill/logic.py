"""The end of a backfill, and of what functions do of it: what was done, and what couldn't be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataplatform.errors import BackfillIncomplete
from dataplatform.gold.due import due_models
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import ChunkCall, holder
from dataplatform.ledger.records import BackfillCounts, backfill_lease, table_lease
from dataplatform.plans.model import PlatformPlan
from lambdas.failures import reason


def close_backfill(
    ledger: Ledger, plan: PlatformPlan, backfill_id: str, *, execution: str
) -> dict[str, Any]:
    """Note that nothing is left to do, and let another backfill of the dataset begin.

    Returns:
        Whether gold has to follow, be it what an earlier attempt had changed, and the counts of all
        chunks.

    Raises:
        BackfillIncomplete: with every chunk that isn't done, and why.
    """
    backfill, chunks = ledger.backfill(backfill_id), ledger.chunks(backfill_id)
    ledger.release_lease(backfill_lease(backfill.dataset), execution)
    left = [chunk for chunk in chunks if chunk.state != "done"]
    if left:
        raise BackfillIncomplete(
            "; ".join(f"chunk {c.number + 1} of {c.of}: {c.error or c.state}" for c in left),
            why=f"{len(left)} of {len(chunks)} chunks aren't derived anew; the others are.",
            remedy="Mend the cause and start the same backfill again: it does what is left.",
        )
    ledger.end_backfill(backfill_id, "done")
    counts = sum((chunk.counts for chunk in chunks), BackfillCounts())
    gold_due = any(
        backfill.dataset in plan.model(name).datasets for name in due_models(ledger, plan)
    )
    return {"run_id": backfill_id, "gold_due": gold_due, "counts": counts.to_dict()}


def left_to_spark(ledger: Ledger, backfill_id: str) -> dict[str, Any]:
    """Whether the job has chunks to do, once functions have done what they can."""
    waits = any(chunk.waits_for_spark for chunk in ledger.chunks(backfill_id))
    return {"run_id": backfill_id, "spark": waits}


def give_up(
    ledger: Ledger,
    plan: PlatformPlan,
    backfill_id: str,
    number: int,
    error: Mapping[str, str],
    *,
    to_spark: bool,
) -> dict[str, Any]:
    """Note why a chunk's call has ended, and give back what it held; the other chunks go on.

    Args:
        error: `Error` and `Cause` as Step Functions caught them.
        to_spark: the chunk has outgrown its function, so the job does it; else it has failed.
    """
    backfill = ledger.backfill(backfill_id)
    dataset = plan.dataset(backfill.dataset)
    lease = ledger.lease_holder(table_lease(dataset.silver_table))
    call = holder(lease.owner) if lease else None
    if lease and isinstance(call, ChunkCall):
        if (call.backfill_id, call.number) == (backfill_id, number):
            ledger.release_lease(lease.name, lease.owner, token=lease.token)
    note = ledger.leave_chunk_to_spark if to_spark else ledger.chunk_failed
    note(backfill_id, number, reason(error))
    return {"run_id": backfill_id, "chunk": number}
