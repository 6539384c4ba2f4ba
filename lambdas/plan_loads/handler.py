"""State `PlanLoads` of the pipeline: what has the warehouse to take?"""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.metering import metered
from lambdas.plan_loads.logic import plan_loads
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("plan-loads")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "loads": [{"run_id", "model"}]}."""
    log.append_keys(run_id=event["run_id"])
    settings = LedgerSettings.from_environment()
    planned = plan_loads(
        ledger_at(settings.ledger_table), load_plan(settings.plans_uri), event["run_id"]
    )
    log.info("loads planned", extra={"models": [load["model"] for load in planned["loads"]]})
    return planned
