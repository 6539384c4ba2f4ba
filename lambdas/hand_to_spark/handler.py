"""What follows where a function that runs DuckDB gave up or was killed."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.common import LambdaContext, ledger_at, logger
from lambdas.hand_to_spark.logic import hand_to_spark
from lambdas.metering import metered

log = logger("hand-to-spark")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "dataset", "error"} -> {"run_id", "subject", "reason"}."""
    log.append_keys(run_id=event["run_id"], dataset=event["dataset"])
    settings = LedgerSettings.from_environment()
    handed = hand_to_spark(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        event["run_id"],
        event["dataset"],
        event["error"],
    )
    log.warning("left to Spark", extra={"reason": handed["reason"]})
    return handed
