"""The tables of the lake and of the warehouse, brought to the deployed plan."""

from __future__ import annotations

from dataclasses import dataclass

from pyiceberg.catalog import Catalog

from dataplatform.adapters.iceberg_migration import (
    Change,
    applied_plans,
    migrate_lake,
    note_plan,
)
from dataplatform.adapters.iceberg_tables import definitions
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.adapters.warehouse_schema import migrate_warehouse
from dataplatform.naming import QUARANTINE_TABLE, Names, Zone
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import MigrationSettings


@dataclass(frozen=True, kw_only=True)
class Migration:
    """What a migration did; `statements` counts the warehouse's, which are run each time."""

    digest: str
    tables: int
    changes: tuple[Change, ...]
    statements: int


def migrate(
    plan: PlatformPlan, settings: MigrationSettings, catalog: Catalog, warehouse: Warehouse
) -> Migration:
    """Bring the lake, then the warehouse, to the plan; doing it again changes nothing.

    Raises:
        InvalidContract: a change that would break deployed tables; nothing was changed.
        StatementFailed: the warehouse refused; the lake is migrated, a retry goes on there.
    """
    wanted = definitions(plan, settings)
    records = Names(plan.stage).table(Zone.QUARANTINE, QUARANTINE_TABLE)
    going_back = plan.digest in applied_plans(catalog, records)
    changes = migrate_lake(catalog, wanted, going_back=going_back)
    statements = migrate_warehouse(warehouse, plan, settings.loader_role_name)
    note_plan(catalog, records, plan.digest)
    return Migration(
        digest=plan.digest,
        tables=len(wanted),
        changes=tuple(changes),
        statements=len(statements),
    )
