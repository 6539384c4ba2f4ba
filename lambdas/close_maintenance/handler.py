"""Last step of the maintenance, and the one before Spark."""

from __future__ import annotations

from typing import Any

from dataplatform.settings import LedgerSettings
from lambdas.close_maintenance.logic import close_maintenance
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("close-maintenance")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run", "final"} -> {"run", "spark"}; raises MaintenanceFailed."""
    settings = LedgerSettings.from_environment()
    closed = close_maintenance(
        ledger_at(settings.ledger_table), event["run"], final=bool(event["final"])
    )
    log.info("maintenance reviewed", extra=closed)
    return closed
