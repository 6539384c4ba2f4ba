"""Step of a backfill that does its work: one chunk a call."""

from __future__ import annotations

import gc
from typing import Any

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import DuckdbSettings
from lambdas.backfill_chunk.logic import backfill_chunk
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("backfill-chunk")

# What the libraries made while they were imported stays; the collector needn't walk it any more.
gc.freeze()


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "chunk"} -> {"run_id", "chunk"}; the counts are in the ledger."""
    log.append_keys(run_id=event["run_id"], chunk=event["chunk"])
    settings = DuckdbSettings.from_environment()
    counts = backfill_chunk(
        settings,
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        event["run_id"],
        int(event["chunk"]),
        request=context.aws_request_id,
        left=context.get_remaining_time_in_millis() / 1000,
        glue=lambda: boto3.client("glue"),
    )
    log.info("chunk derived anew", extra={"counts": counts.to_dict()})
    return {"run_id": event["run_id"], "chunk": event["chunk"]}
