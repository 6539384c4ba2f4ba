"""Third step of the pipeline: what has landed becomes batches."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import PlanningSettings
from lambdas.common import LambdaContext, ledger_at, logger
from lambdas.metering import metered
from lambdas.plan_batches.logic import plan_batches

log = logger("plan-batches")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "batches", "has_batches"}."""
    log.append_keys(run_id=event["run_id"])
    settings = PlanningSettings.from_environment()
    planned = plan_batches(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        event["run_id"],
        function_bytes=settings.function_bytes,
    )
    log.info("batches planned", extra={"to_stage": len(planned["batches"])})
    return planned
