"""Last step of the pipeline."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import LedgerSettings
from lambdas.close_run.logic import close_run
from lambdas.common import LambdaContext, ledger_at, logger
from lambdas.metering import metered

log = logger("close-run")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "counts"}; raises BooksUnbalanced or DatasetsFailed."""
    log.append_keys(run_id=event["run_id"])
    settings = LedgerSettings.from_environment()
    closed = close_run(
        ledger_at(settings.ledger_table), load_plan(settings.plans_uri), event["run_id"]
    )
    log.info("run closed", extra=closed["counts"])
    return closed
