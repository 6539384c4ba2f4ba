"""Tells CloudWatch how old the data is, whether or not the pipeline runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.metrics import age_line, wait_line
from dataplatform.settings import LedgerSettings
from lambdas.measure_freshness.logic import data_ages, data_waits
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("measure-freshness")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{} -> {"ages", "waits"}, each {dataset: seconds}; each is also a metric, by a line of log."""
    settings = LedgerSettings.from_environment()
    ledger, plan = ledger_at(settings.ledger_table), load_plan(settings.plans_uri)
    now = datetime.now(UTC)
    ages = data_ages(ledger, plan, now)
    for dataset, seconds in ages.items():
        print(age_line(settings.stage, dataset, seconds, now))  # the logger would nest it
    waits = data_waits(ledger, plan, now)
    for dataset, seconds in waits.items():
        print(wait_line(settings.stage, dataset, seconds, now))
    log.info("ages measured", extra={"ages": ages, "waits": waits})
    return {"ages": ages, "waits": waits}
