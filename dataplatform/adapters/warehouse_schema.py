"""The warehouse's schema brought to what the plan says: made and widened, never dropped."""

from __future__ import annotations

from collections import defaultdict

from dataplatform.adapters.warehouse import Warehouse
from dataplatform.naming import WAREHOUSE_SCHEMA
from dataplatform.plans.model import PlatformPlan, fill
from dataplatform.render.redshift import loader_user, missing_columns_ddl, missing_users_ddl


def migrate_warehouse(
    warehouse: Warehouse, plan: PlatformPlan, loader_role: str
) -> tuple[str, ...]:
    """Make users, schema, tables, missing columns and rights; running it again changes nothing.

    Args:
        warehouse: as its administrator.
        plan: what there should be.
        loader_role: name of the IAM role that loads.

    Returns:
        The statements that were run.

    Raises:
        StatementFailed: what went before stays; run it again when the cause is gone.
    """
    loader = loader_user(loader_role)
    users = {row["usename"] for row in warehouse.query("SELECT usename FROM pg_user")}
    statements = [
        *missing_users_ddl(users, [loader]),
        *(fill(sql, loader=loader) for sql in plan.warehouse_setup),
        *(model.warehouse.create for model in plan.models),
    ]
    warehouse.run(statements)
    existing = columns(warehouse)
    widening = [
        sql
        for model in plan.models
        for sql in missing_columns_ddl(
            model.warehouse.table, existing[model.warehouse.table.split(".")[-1]], model.columns
        )
    ]
    warehouse.run(widening)
    return (*statements, *widening)


def columns(warehouse: Warehouse) -> dict[str, set[str]]:
    """The columns of every gold table in the warehouse, by table."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in warehouse.query(
        "SELECT table_name, column_name FROM svv_columns WHERE table_schema = :schema",
        {"schema": WAREHOUSE_SCHEMA},
    ):
        found[row["table_name"]].add(row["column_name"])
    return found
