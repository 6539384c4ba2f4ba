"""State `CloseRun` of the pipeline, its last."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dataplatform.adapters.alerts import AlertsTopic
from dataplatform.adapters.plans import load_plan
from dataplatform.settings import ClosingSettings
from lambdas.close_run.alerts import tell_of_holds
from lambdas.close_run.figures import tell_figures
from lambdas.close_run.logic import close_run
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("close-run")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "counts"}; raises BooksUnbalanced or DatasetsFailed."""
    run_id = event["run_id"]
    log.append_keys(run_id=run_id)
    settings = ClosingSettings.from_environment()
    ledger = ledger_at(settings.ledger_table)
    # Printed: the logger would nest the lines.
    tell_figures(ledger, settings.stage, run_id, datetime.now(UTC), print)
    plan = load_plan(settings.plans_uri)
    tell_of_holds(
        ledger,
        plan,
        run_id,
        AlertsTopic(settings.alerts_topic_arn).send,
    )
    closed = close_run(ledger, plan, run_id)
    log.info("run closed", extra=closed["counts"])
    return closed
