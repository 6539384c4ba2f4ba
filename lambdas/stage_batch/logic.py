"""One batch from landing to bronze, and what the ledger is told about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataplatform.adapters.bronze import stage
from dataplatform.adapters.replays import stage_replay
from dataplatform.errors import TooLarge, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch
from dataplatform.ledger.staging import STAGE_STEP, Staged
from dataplatform.plans.model import PlatformPlan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def stage_batch(
    ledger: Ledger,
    plan: PlatformPlan,
    s3: S3Client,
    *,
    run_id: str,
    batch_id: str,
    directory: Path,
    limit: int,
) -> dict[str, Any]:
    """Stage a batch of a run; a batch that is staged already answers with its counts.

    Raises:
        TransitionRefused: the batch belongs to another run now.
        TooLarge: the memory or the disk doesn't hold it; Spark is to stage it.
    """
    batch = ledger.batch(batch_id)
    _check_holder(batch, run_id)
    if batch.state in ("staged", "published"):
        return _answer(batch_id, Staged(rows=batch.rows, unreadable=batch.unreadable))
    if batch.waits_for_spark:
        return _answer(batch_id, Staged())  # a late retry of a call that was given up
    ledger.step(run_id, STAGE_STEP, dataset=batch.dataset, state="started", detail=batch_id)
    try:
        staged = _staged(ledger, plan, batch, s3=s3, directory=directory, limit=limit)
    except MemoryError as error:
        raise TooLarge("out of memory", why="Nothing is staged; Spark takes over.") from error
    ledger.batch_staged(
        batch_id,
        source=staged.source,
        unreadable=staged.unreadable,
        rows=staged.rows,
        taken=staged.taken,
    )
    counts = {"source": staged.source, **staged.to_dict()}
    ledger.step(run_id, STAGE_STEP, dataset=batch.dataset, detail=batch_id, counts=counts)
    return _answer(batch_id, staged)


def _staged(
    ledger: Ledger, plan: PlatformPlan, batch: Batch, *, s3: S3Client, directory: Path, limit: int
) -> Staged:
    contract, objects = plan.dataset(batch.dataset), ledger.batch_objects(batch.batch_id)
    if not batch.origin:
        return stage(contract, batch, objects, s3=s3, directory=directory, limit=limit)
    replays = ledger.replays(batch.origin)
    return stage_replay(contract, batch, replays, objects, s3=s3, directory=directory, limit=limit)


def _check_holder(batch: Batch, run_id: str) -> None:
    if batch.run_id != run_id:
        raise TransitionRefused(
            f"batch {batch.batch_id} belongs to run {batch.run_id}, not to {run_id}",
            why="A later run has taken it over and stages it.",
            remedy="Nothing: follow the later run.",
        )


def _answer(batch_id: str, staged: Staged) -> dict[str, Any]:
    return {"batch_id": batch_id, "source": staged.source, "unreadable": staged.unreadable}
