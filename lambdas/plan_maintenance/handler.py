"""First step of the maintenance."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LakeSettings
from lambdas.metering import metered
from lambdas.plan_maintenance.logic import plan_maintenance
from lambdas.runtime import LambdaContext, logger

log = logger("plan-maintenance")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"input", "run"} -> {"run", "tables": [{"run", "table"}…]}."""
    settings = LakeSettings.from_environment()
    plan = load_plan(settings.plans_uri)
    planned = plan_maintenance(plan, settings, raw=event["input"], run=event["run"])
    log.info("maintenance planned", extra={"run": event["run"], "tables": len(planned["tables"])})
    return planned
