"""State `MergeSilver` of the pipeline: a dataset's batches become rows of silver."""

from __future__ import annotations

import gc
from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import DuckdbSettings
from lambdas.merge_silver.logic import merge_silver
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("merge-silver")

# What the libraries made while they were imported stays; the collector needn't walk it any more.
gc.freeze()


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "dataset"} -> {"run_id", "dataset"}; the counts are in the ledger."""
    log.append_keys(run_id=event["run_id"], dataset=event["dataset"])
    settings = DuckdbSettings.from_environment()
    merged = merge_silver(
        settings,
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        event["run_id"],
        event["dataset"],
        request=context.aws_request_id,
    )
    log.info("dataset merged", extra={"counts": merged})
    return {"run_id": event["run_id"], "dataset": event["dataset"]}
