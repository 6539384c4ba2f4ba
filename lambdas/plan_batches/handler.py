"""State `PlanBatches` of the pipeline: what has landed becomes batches."""

from __future__ import annotations

from typing import Any, Final

from dataplatform.adapters.alerts import AlertsTopic
from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.s3_objects import s3
from dataplatform.adapters.samples import sample
from dataplatform.settings import PlanningSettings
from lambdas.drift_alerts import DriftAlerts
from lambdas.metering import metered
from lambdas.plan_batches.arrivals import Arrivals
from lambdas.plan_batches.logic import plan_batches
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("plan-batches")

STOP_SECONDS: Final = 45
"""What is left of Lambda's time when no more samples are read: enough to make the batches."""


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "batches", "has_batches"}."""
    log.append_keys(run_id=event["run_id"])
    settings = PlanningSettings.from_environment()
    ledger = ledger_at(settings.ledger_table)
    alerts = DriftAlerts(
        ledger=ledger,
        stage=settings.stage,
        send=AlertsTopic(settings.alerts_topic_arn).send,
    )
    planned = plan_batches(
        ledger,
        load_plan(settings.plans_uri),
        event["run_id"],
        function_bytes=settings.function_bytes,
        arrivals=Arrivals(
            ledger=ledger,
            run_id=event["run_id"],
            look=lambda landed: sample(s3(), landed),
            time_is_up=lambda: context.get_remaining_time_in_millis() < STOP_SECONDS * 1000,
            tell=alerts.tell,
        ),
    )
    log.info("batches planned", extra={"to_stage": len(planned["batches"])})
    return planned
