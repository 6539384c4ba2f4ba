"""First step of a backfill."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import BackfillSettings
from lambdas.pipeline_lease import execution_goes_on
from lambdas.plan_backfill.logic import plan_backfill
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("plan-backfill")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"input", "execution"} -> {"run_id", "dry_run", "resumed", "chunks", "plan"}."""
    settings = BackfillSettings.from_environment()
    states = boto3.client("stepfunctions")
    planned = plan_backfill(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        settings,
        raw=event["input"],
        execution=event["execution"],
        now=datetime.now(UTC),
        goes_on=lambda execution: execution_goes_on(states, execution),
    )
    log.info("backfill planned", extra={"run_id": planned["run_id"], "plan": planned["plan"]})
    return planned
