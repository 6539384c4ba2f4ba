"""One table of a run of the maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.s3_objects import s3
from dataplatform.settings import MaintenanceSettings
from lambdas.maintain_table.logic import Caretaker, figures
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("maintain-table")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run", "table"} -> {"table", "state"}; a table that fails is in the ledger, not raised."""
    settings = MaintenanceSettings.from_environment()
    done = Caretaker(
        ledger=ledger_at(settings.ledger_table),
        plan=load_plan(settings.plans_uri),
        s3=s3(),
        run=event["run"],
        owner=f"maintenance/{event['run']}/{context.aws_request_id}",
        deletes=settings.deletes_orphans,
        removes=settings.removes_replayed,
        joined_by_glue=settings.leaves_joining_to_glue,
        now=datetime.now(UTC),
    ).maintain(event["table"])
    log.info("table maintained", extra=figures(done))
    return {"table": done.table, "state": done.state}
