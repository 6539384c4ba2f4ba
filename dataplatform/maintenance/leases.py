"""Under which lease a table is written."""

from __future__ import annotations

from dataplatform.ledger.records import table_lease
from dataplatform.naming import changes_table
from dataplatform.plans.model import PlatformPlan


def lease_of(plan: PlatformPlan, table: str) -> str:
    """The lease of a table; a model's changes are written under the model's own."""
    for model in plan.models:
        if table == changes_table(model.table):
            return table_lease(model.table)
    return table_lease(table)
