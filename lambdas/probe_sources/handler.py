"""The probe of sources, called by a schedule."""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.alerts import AlertsTopic
from dataplatform.adapters.plans import load_plan
from dataplatform.naming import Names
from dataplatform.settings import ProbeSettings
from lambdas.api_sources import api_client
from lambdas.drift_alerts import DriftAlerts
from lambdas.probe_sources.logic import probe_sources
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("probe-sources")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{} -> {"drift": {dataset: [what differs]}, "failed": {dataset: why}}."""
    settings = ProbeSettings.from_environment()
    ledger, names = ledger_at(settings.ledger_table), Names(settings.stage)
    alerts = DriftAlerts(
        ledger=ledger,
        stage=settings.stage,
        send=AlertsTopic(settings.alerts_topic_arn).send,
    )
    probed = probe_sources(
        ledger,
        load_plan(settings.plans_uri),
        lambda plan: api_client(
            names, plan.source.options, lambda: context.get_remaining_time_in_millis() / 2000
        ),
        alerts.tell,
    )
    log.info("sources probed", extra=probed)
    return probed
