"""Once a day: landing held against the ledger, for events that never came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import IngestSettings
from lambdas.runtime import LambdaContext, ledger_at, logger
from lambdas.sweep_landing.logic import DAYS, MINUTES, sweep

log = logger("sweep-landing")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """{"days": 7, "minutes": 30} -> {"listed", "looked_at", "registered"}.

    `days` and `minutes`: the greatest and the least age of what is looked at, these if not told.
    """
    settings = IngestSettings.from_environment()
    ledger, plan = ledger_at(settings.ledger_table), load_plan(settings.plans_uri)
    counts = sweep(
        ledger,
        plan,
        boto3.client("s3"),
        settings.landing_bucket,
        now=datetime.now(UTC),
        days=int(event.get("days", DAYS)),
        minutes=int(event.get("minutes", MINUTES)),
    )
    say = log.warning if counts["registered"] else log.info
    say("landing swept", extra=counts)
    return counts
