"""State `PlanGold` of the pipeline: is there anything for gold to do?"""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.metering import metered
from lambdas.plan_gold.logic import plan_gold
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("plan-gold")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "gold_due", "spark"}."""
    log.append_keys(run_id=event["run_id"])
    settings = LedgerSettings.from_environment()
    planned = plan_gold(
        ledger_at(settings.ledger_table), load_plan(settings.plans_uri), event["run_id"]
    )
    log.info("gold planned", extra={"gold_due": planned["gold_due"]})
    return planned
