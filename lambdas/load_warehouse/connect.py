"""What both functions of a load are made of, connected once a process."""

from __future__ import annotations

from functools import lru_cache

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.settings import WarehouseSettings
from lambdas.common import ledger_at
from lambdas.load_warehouse.logic import Loader


@lru_cache(maxsize=1)
def loader() -> Loader:
    """Ledger, plan and warehouse from the function's settings."""
    settings = WarehouseSettings.from_environment()
    return Loader(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        Warehouse(boto3.client("redshift-data"), settings.workgroup),
        settings.warehouse_role_arn,
    )
