"""A CloudFormation custom resource: its properties change with the plan, and then tables follow.

`handler` serves as ServiceToken itself. `on_event` serves CDK's `custom_resources.Provider`, which
answers CloudFormation by itself.
"""

from __future__ import annotations

from typing import Any, Final

import boto3

from dataplatform.adapters.iceberg import catalog
from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.naming import Names
from dataplatform.settings import MigrationSettings
from lambdas.common import LambdaContext, logger
from lambdas.migrate_schemas.logic import Migration, migrate
from lambdas.migrate_schemas.response import respond

log = logger("migrate-schemas")

_SHOWN_CHARS: Final = 1000


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Create, Update: migrate; Delete: keep everything. The answer goes to `ResponseURL`."""
    physical_id = event.get("PhysicalResourceId", event["LogicalResourceId"])
    try:
        answer = on_event(event, context)
    except Exception as error:
        log.exception("not migrated")
        respond(event, physical_id=physical_id, error=f"{type(error).__name__}: {error}")
    else:
        respond(event, physical_id=answer["PhysicalResourceId"], data=answer["Data"])


def on_event(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"RequestType", ...} -> {"PhysicalResourceId", "Data"}; the id never changes."""
    settings = MigrationSettings.from_environment()
    physical_id = Names(settings.stage).resource("schemas")
    if event["RequestType"] == "Delete":
        log.info("the stack goes, the tables stay")
        return {"PhysicalResourceId": physical_id, "Data": {}}
    client = boto3.client("redshift-data")
    warehouse = Warehouse(client, settings.workgroup, secret_arn=settings.admin_secret_arn)
    done = migrate(load_plan(settings.plans_uri), settings, catalog(), warehouse)
    for change in done.changes:
        log.info("table changed", extra={"change": str(change)})
    return {"PhysicalResourceId": physical_id, "Data": _data(done)}


def _data(done: Migration) -> dict[str, str]:
    """Attributes of the resource; CloudFormation takes 4 KiB, the log has all."""
    return {
        "PlanDigest": done.digest,
        "Tables": str(done.tables),
        "Changes": str(len(done.changes)),
        "Changed": "; ".join(str(change) for change in done.changes)[:_SHOWN_CHARS],
        "WarehouseStatements": str(done.statements),
    }
