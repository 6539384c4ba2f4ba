"""Custom resource: its properties change with the plan, and then the tables follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import boto3

from dataplatform.adapters.iceberg.tables import catalog
from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.table_optimizers import TableOptimizers
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.naming import Names
from dataplatform.settings import MigrationSettings
from lambdas.custom_resource import Answer, answer
from lambdas.migrate_schemas.logic import Migration, migrate
from lambdas.runtime import LambdaContext, logger

log = logger("migrate-schemas")

_SHOWN_CHARS: Final = 1000


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """{"PlanDigest", "OptimizerRole"} -> attributes of what was changed.

    What to follow is in the function's settings; the properties only tell that it has changed.

    A stack that is deleted leaves the tables as they are.
    """
    answer(event, context, _work)


def _work(_: Mapping[str, Any]) -> Answer:
    settings = MigrationSettings.from_environment()
    client = boto3.client("redshift-data")
    warehouse = Warehouse(client, settings.workgroup, secret_arn=settings.admin_secret_arn)
    optimizers = TableOptimizers(boto3.client("glue"), settings.catalog_id)
    done = migrate(load_plan(settings.plans_uri), settings, catalog(), warehouse, optimizers)
    for change in done.changes:
        log.info("table changed", extra={"change": str(change)})
    return Answer(physical_id=Names(settings.stage).resource("schemas"), data=_data(done))


def _data(done: Migration) -> dict[str, str]:
    """Attributes of the resource; CloudFormation takes 4 KiB, the log has all."""
    return {
        "PlanDigest": done.digest,
        "Tables": str(done.tables),
        "Changes": str(len(done.changes)),
        "Changed": "; ".join(str(change) for change in done.changes)[:_SHOWN_CHARS],
        "WarehouseStatements": str(done.statements),
    }
