"""Last step of a backfill; what follows a chunk that a function couldn't do; what Spark has to."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.close_backfill.logic import close_backfill, give_up, left_to_spark
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("close-backfill")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "execution"} -> {"run_id", "gold_due", "counts"}; raises BackfillIncomplete.

    {"run_id", "chunk", "error", "to_spark"} -> {"run_id", "chunk"}
    {"run_id"} -> {"run_id", "spark"}
    """
    settings = LedgerSettings.from_environment()
    ledger, run_id = ledger_at(settings.ledger_table), event["run_id"]
    if "chunk" in event:
        plan, error = load_plan(settings.plans_uri), event["error"]
        left = give_up(ledger, plan, run_id, int(event["chunk"]), error, to_spark=event["to_spark"])
        log.warning("chunk given up", extra={**left, "error": error, "spark": event["to_spark"]})
        return left
    if "execution" not in event:
        return left_to_spark(ledger, run_id)
    plan = load_plan(settings.plans_uri)
    closed = close_backfill(ledger, plan, run_id, execution=event["execution"])
    log.info("backfill done", extra=closed)
    return closed
