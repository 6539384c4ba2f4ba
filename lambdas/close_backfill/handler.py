"""Last step of a backfill, and what follows a chunk whose function couldn't do it."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.close_backfill.logic import close_backfill, give_up
from lambdas.common import LambdaContext, ledger_at, logger

log = logger("close-backfill")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "execution"} -> {"run_id", "gold_due", "counts"}; raises BackfillIncomplete.

    {"run_id", "chunk", "error"} -> {"run_id", "chunk"}
    """
    settings = LedgerSettings.from_environment()
    ledger = ledger_at(settings.ledger_table)
    plan = load_plan(settings.plans_uri)
    if "chunk" in event:
        left = give_up(ledger, plan, event["run_id"], int(event["chunk"]), event["error"])
        log.warning("chunk left undone", extra={**left, "error": event["error"]})
        return left
    closed = close_backfill(ledger, plan, event["run_id"], execution=event["execution"])
    log.info("backfill done", extra=closed)
    return closed
