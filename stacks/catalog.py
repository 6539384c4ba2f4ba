"""What the platform knows of itself: databases, compiled plans, the ledger, and the migration."""

from __future__ import annotations

from aws_cdk import CfnOutput, CustomResource, Duration
from aws_cdk.aws_glue import CfnDataQualityRuleset, Database
from constructs import Construct

from dataplatform.naming import Zone
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import MigrationSettings
from stacks.access import ContractRoles
from stacks.constructs.athena import WorkGroup
from stacks.constructs.custom_resource import custom_resource
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.ledger import LedgerTable
from stacks.constructs.optimizer import OptimizerRole
from stacks.constructs.plans import CompiledPlans
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.lake import LakeStack
from stacks.stage import Stage
from stacks.warehouse import WarehouseStack

MIGRATION_TIMEOUT = Duration.minutes(10)
"""CloudFormation would wait an hour for a custom resource that never answers."""


class CatalogStack(PlatformStack):
    """Databases belong to CloudFormation; tables, of lake and warehouse, to the migration."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        plan: PlatformPlan,
        lake: LakeStack,
        warehouse: WarehouseStack,
    ) -> None:
        super().__init__(
            scope,
            "catalog",
            stage=stage,
            description="Weir: databases, compiled contracts, ledger, table migration",
            keeps_data=True,
        )
        self.state = PlatformState(
            stage_name=stage.name,
            ledger=LedgerTable(self, "Ledger", stage=stage, key=lake.data_key),
            plans=CompiledPlans(self, "Plans", plan=plan),
        )
        databases = self._databases(lake)
        self._athena(lake)
        schemas = self._migration(lake, warehouse)
        schemas.node.add_dependency(*databases)
        self._rulesets(plan).node.add_dependency(schemas)
        ContractRoles(self, "Roles", stage=stage, plan=plan, lake=lake, warehouse=warehouse)
        CfnOutput(self, "LedgerTable", value=self.state.ledger.table_name)
        CfnOutput(self, "PlansUri", value=self.state.plans.uri)

    def _databases(self, lake: LakeStack) -> list[Database]:
        databases = []
        for zone in lake.zones:
            if zone.database_name is not None:
                database = Database(
                    self,
                    f"{zone.zone.capitalize()}Database",
                    database_name=zone.database_name,
                    description=f"Weir {self.stage.name}: {zone.zone} tables",
                    location_uri=f"s3://{zone.bucket_name}/",
                )
                database.apply_removal_policy(self.stage.data_removal)
                databases.append(database)
        return databases

    def _athena(self, lake: LakeStack) -> None:
        workgroup = WorkGroup(
            self,
            "Athena",
            name=self.stage.names.resource("lake"),
            description="Ad hoc queries on the lake",
            results=lake.athena_results,
        )
        CfnOutput(self, "AthenaWorkgroup", value=workgroup.name)

    def _rulesets(self, plan: PlatformPlan) -> Construct:
        """Each dataset's rules for Glue Data Quality, beside the table that the migration makes.

        The platform asks them itself, of each batch; these are there to ask a whole table.
        """
        rulesets = Construct(self, "Rulesets")
        for dataset in plan.datasets:
            if dataset.ruleset:
                database, _, table = dataset.silver_table.partition(".")
                CfnDataQualityRuleset(
                    rulesets,
                    dataset.dataset,
                    name=self.stage.names.resource(f"silver-{dataset.dataset}"),
                    description=f"Rules of {dataset.dataset} {dataset.version}, from its contract",
                    ruleset=dataset.ruleset,
                    target_table=CfnDataQualityRuleset.DataQualityTargetTableProperty(
                        database_name=database, table_name=table
                    ),
                )
        return rulesets

    def _migration(self, lake: LakeStack, warehouse: WarehouseStack) -> CustomResource:
        merged = [zone for zone in lake.zones if zone.zone in (Zone.SILVER, Zone.GOLD)]
        optimizer = None
        if self.stage.glue_table_optimizers:
            optimizer = OptimizerRole(self, "OptimizerRole", zones=merged)
        optimizer_arn = optimizer.role_arn if optimizer else ""
        function = self._migrate_schemas(lake, warehouse, optimizer_arn)
        self.state.grant_use(function)
        for zone in lake.zones:
            if zone.database_name is not None:
                zone.grant_create_tables(function)
        for zone in merged:
            zone.grant_optimize(function)
        warehouse.grant_migrate(function)
        schemas = custom_resource(
            self,
            "Schemas",
            function,
            kind="Schemas",
            # A new digest is a change, and a change is what CloudFormation calls the function for.
            properties={
                "PlanDigest": self.state.plans.plan.digest,
                "OptimizerRole": optimizer_arn,
            },
            timeout=MIGRATION_TIMEOUT,
        )
        if optimizer:
            optimizer.grant_hand_over(function)
            # Its policies are complete before Glue begins to use it.
            schemas.node.add_dependency(optimizer)
        return schemas

    def _migrate_schemas(
        self, lake: LakeStack, warehouse: WarehouseStack, optimizer_arn: str
    ) -> PlatformFunction:
        return PlatformFunction(
            FunctionFactory(self, "Functions", stage=self.stage, log_key=lake.operations_key),
            "migrate_schemas",
            description="Creates and evolves Iceberg tables and warehouse schemas; never drops",
            settings=MigrationSettings(
                **self.state.fields,
                **lake.bucket_fields,
                workgroup=warehouse.workgroup_name,
                warehouse_role_arn=warehouse.copy_role.role_arn,
                admin_secret_arn=warehouse.admin_secret_arn,
                loader_role_name=warehouse.loader_role_name,
                catalog_id=self.account,
                optimizer_role_arn=optimizer_arn,
            ),
            memory=1024,
            timeout=MIGRATION_TIMEOUT,
            lake=True,
        )
