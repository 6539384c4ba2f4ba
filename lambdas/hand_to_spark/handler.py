"""What follows where a function gave up its dataset, its models or its batch, or was killed."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.hand_to_spark.logic import hand_batch_to_spark, hand_to_spark
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("hand-to-spark")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "dataset" or "batch_id", "error"} -> {"run_id", "subject", "reason"}."""
    subject = event.get("batch_id") or event["dataset"]
    log.append_keys(run_id=event["run_id"], subject=subject)
    settings = LedgerSettings.from_environment()
    ledger, run_id, error = ledger_at(settings.ledger_table), event["run_id"], event["error"]
    if "batch_id" in event:
        handed = hand_batch_to_spark(ledger, run_id, subject, error)
    else:
        handed = hand_to_spark(ledger, load_plan(settings.plans_uri), run_id, subject, error)
    log.warning("left to Spark", extra={"reason": handed["reason"]})
    return handed
