"""The starter, called by schedules."""

from __future__ import annotations

from typing import Any

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import StarterSettings
from lambdas.runtime import LambdaContext, ledger_at, logger
from lambdas.start_run.logic import start_run

log = logger("start-run")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"pull": bool} -> {"started", "reason"}; "pull" is what the sources' schedule passes."""
    settings = StarterSettings.from_environment()
    answer = start_run(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        boto3.client("stepfunctions"),
        machine=settings.state_machine_arn,
        pull=bool(event.get("pull", False)),
    )
    log.info("start considered", extra=answer)
    return answer
