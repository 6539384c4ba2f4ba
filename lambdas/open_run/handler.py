"""State `OpenRun` of the pipeline, its first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.metering import metered
from lambdas.open_run.logic import open_run
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("open-run")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"input", "execution"} -> {"run_id", "datasets", "sources"}."""
    settings = LedgerSettings.from_environment()
    opened = open_run(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        boto3.client("stepfunctions"),
        raw=event["input"],
        execution=event["execution"],
        now=datetime.now(UTC),
    )
    log.append_keys(run_id=opened["run_id"])
    log.info("run opened", extra={"datasets": opened["datasets"]})
    return opened
