"""Tells CloudWatch how old the data is, whether or not the pipeline runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.metrics import age_line
from dataplatform.settings import LedgerSettings
from lambdas.common import LambdaContext, ledger_at, logger
from lambdas.measure_freshness.logic import data_ages

log = logger("measure-freshness")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{} -> {"ages": {dataset: seconds}}; each is also a metric, read from a line of the log."""
    settings = LedgerSettings.from_environment()
    ledger, plan = ledger_at(settings.ledger_table), load_plan(settings.plans_uri)
    now = datetime.now(UTC)
    ages = data_ages(ledger, plan, now)
    for dataset, seconds in ages.items():
        print(age_line(settings.stage, dataset, seconds, now))  # the logger would nest it
    log.info("ages measured", extra={"ages": ages})
    return {"ages": ages}
