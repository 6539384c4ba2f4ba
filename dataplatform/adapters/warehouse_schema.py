"""The warehouse's schema brought to what the plan says; a table is never dropped with its model."""

from __future__ import annotations

from collections import defaultdict

from dataplatform.adapters.warehouse import Warehouse
from dataplatform.naming import WAREHOUSE_SCHEMA
from dataplatform.plans.model import PlatformPlan, fill
from dataplatform.render.redshift import loader_user, missing_users_ddl
from dataplatform.render.redshift_changes import COLUMNS_QUERY, StandingColumn, following


def migrate_warehouse(
    warehouse: Warehouse, plan: PlatformPlan, loader_role: str
) -> tuple[str, ...]:
    """Make users, schema, tables and rights, and bring each table to its model's columns.

    Running it again changes nothing: what was done is found done.

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
    standing = columns(warehouse)
    for model in plan.models:
        table = standing[model.warehouse.table.split(".")[-1]]
        steps = following(model, table)
        if steps.together:  # a transaction for each table: readers of the others don't wait
            warehouse.run(steps.together)
        for sql in steps.alone:
            warehouse.query(sql)
        statements += (*steps.together, *steps.alone)
    return tuple(statements)


def columns(warehouse: Warehouse) -> dict[str, list[StandingColumn]]:
    """The columns of every gold table in the warehouse, by table."""
    found: defaultdict[str, list[StandingColumn]] = defaultdict(list)
    for row in warehouse.query(COLUMNS_QUERY, {"schema": WAREHOUSE_SCHEMA}):
        found[row["table_name"]].append(StandingColumn.of(row))
    return found
