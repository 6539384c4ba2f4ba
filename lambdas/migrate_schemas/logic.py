"""The tables of the lake and of the warehouse, brought to the deployed plan."""

from __future__ import annotations

from dataclasses import dataclass

from pyiceberg.catalog import Catalog

from dataplatform.adapters.iceberg.changes import Change
from dataplatform.adapters.iceberg.definitions import definitions
from dataplatform.adapters.iceberg.migration import applied_plans, migrate_lake, note_plan
from dataplatform.adapters.table_optimizers import TableOptimizers
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.adapters.warehouse_schema import migrate_warehouse
from dataplatform.maintenance.optimizers import optimized_tables
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
    plan: PlatformPlan,
    settings: MigrationSettings,
    catalog: Catalog,
    warehouse: Warehouse,
    optimizers: TableOptimizers,
) -> Migration:
    """Bring the lake, then the warehouse, to the plan; doing it again changes nothing.

    Raises:
        InvalidContract: a change that would break deployed tables; nothing was changed.
        ClientError: Glue refused a table's compaction; the lake is migrated, a retry goes on there.
        StatementFailed: the warehouse refused; the lake is migrated, a retry goes on there.
    """
    wanted = definitions(plan, settings)
    records = Names(plan.stage).table(Zone.QUARANTINE, QUARANTINE_TABLE)
    going_back = plan.digest in applied_plans(catalog, records)
    changes = migrate_lake(catalog, wanted, going_back=going_back)
    changes += optimizers.follow(optimized_tables(plan), settings.optimizer_role_arn)
    statements = migrate_warehouse(warehouse, plan, settings.loader_role_name)
    note_plan(catalog, records, plan.digest)
    return Migration(
        digest=plan.digest,
        tables=len(wanted),
        changes=tuple(changes),
        statements=len(statements),
    )
