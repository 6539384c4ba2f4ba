"""Files into the landing of a benchmark's lake, and from there to bronze, by each that does it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.lake import RUN, Lake

if TYPE_CHECKING:
    from dataplatform.ledger.records import Batch, LandedObject
    from dataplatform.ledger.staging import Staged
    from dataplatform.plans.model import SilverPlan


def land(lake: Lake, files: Sequence[Path], *, folder: str = "") -> Batch:
    """Put files into landing, in a folder of the dataset's, and claim them as one batch."""
    import boto3

    from dataplatform.ledger.records import LandedObject

    s3 = boto3.client("s3")
    objects = []
    for path in files:
        key = f"{lake.dataset.dataset}/{folder}{path.name}"
        s3.upload_file(str(path), "landing", key)
        found = s3.head_object(Bucket="landing", Key=key)
        one = LandedObject(
            dataset=lake.dataset.dataset,
            bucket="landing",
            key=key,
            version=found.get("VersionId", "null"),
            size=found["ContentLength"],
            checksum=found["ETag"],
            arrived_at=datetime.now(UTC).isoformat(),
        )
        lake.ledger.register_object(one)
        objects.append(one)
    return lake.ledger.open_batch(RUN, lake.dataset.dataset, objects)


def stage(lake: Lake, batch: Batch) -> Batch:
    """Bring a batch into bronze, as `stage_batch` does."""
    import boto3

    from dataplatform.adapters import bronze

    done = bronze.stage(
        lake.dataset,
        batch,
        lake.ledger.batch_objects(batch.batch_id),
        s3=boto3.client("s3"),
        directory=lake.root,
        limit=1 << 40,
    )
    lake.ledger.batch_staged(
        batch.batch_id, source=done.source, unreadable=done.unreadable, rows=done.rows
    )
    return lake.ledger.batch(batch.batch_id)


def stage_by_functions(lake: Lake, batches: Sequence[Batch], at_once: int) -> None:
    """Bring batches into bronze by processes, so many side by side, as functions do it.

    Processes start for it and take one batch after the other. The ledger isn't told.
    """
    work = [
        (lake.dataset, batch, lake.ledger.batch_objects(batch.batch_id), lake.root)
        for batch in batches
    ]
    # A fork of a process that has threads, as this one's JVM makes them, may wait for ever.
    with get_context("spawn").Pool(at_once) as processes:
        processes.starmap(_one_call, work, chunksize=1)
        processes.close()
        processes.join()  # what they took is known of processes that have ended


def stage_by_spark(lake: Lake, batch: Batch) -> Batch:
    """Bring a batch into bronze, as the job does that stages what outgrows a function."""
    from glue_jobs.landed_objects import S3Objects
    from glue_jobs.stage import stage_batch

    objects = S3Objects(os.environ["AWS_REGION"])
    done = stage_batch(lake.job, lake.dataset, batch, objects)
    lake.ledger.batch_staged(
        batch.batch_id, source=done.source, unreadable=done.unreadable, rows=done.rows
    )
    return lake.ledger.batch(batch.batch_id)


def _one_call(
    dataset: SilverPlan, batch: Batch, objects: Sequence[LandedObject], directory: Path
) -> Staged:
    """One function's call, in a process that has the environment's AWS."""
    import gc

    import boto3

    from dataplatform.adapters import bronze

    gc.freeze()  # as the function does
    return bronze.stage(
        dataset, batch, objects, s3=boto3.client("s3"), directory=directory, limit=1 << 40
    )
