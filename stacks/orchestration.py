"""Orchestration: the `pipeline` state machine, its functions, and what starts it."""

from __future__ import annotations

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy
from aws_cdk.aws_events import Rule
from aws_cdk.aws_events_targets import LambdaFunction
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_lambda import Function
from aws_cdk.aws_logs import LogGroup
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression, ScheduleTargetInput
from aws_cdk.aws_scheduler_targets import LambdaInvoke
from aws_cdk.aws_stepfunctions import LogLevel, LogOptions, StateMachine
from constructs import Construct

from dataplatform.settings import (
    ClosingSettings,
    EngineSettings,
    LakeSettings,
    LedgerSettings,
    MaintenanceSettings,
    PlanningSettings,
    StarterSettings,
    WarehouseSettings,
)
from stacks.constructs import executions
from stacks.constructs.alerts import alerts_topic_arn, grant_alert
from stacks.constructs.backfill import Backfills, BackfillSteps
from stacks.constructs.function import (
    MAX_MEMORY_MIB,
    FunctionFactory,
    PlatformFunction,
    function_role,
)
from stacks.constructs.maintenance import Maintenance, MaintenanceSteps
from stacks.constructs.pipeline import Steps, pipeline_definition
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.constructs.wildcards import Wildcard, accept_wildcards, allow
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.processing import FUNCTION_TIMEOUT, ProcessingStack
from stacks.sources.files import ArrivalQueue
from stacks.stage import Stage
from stacks.warehouse import WarehouseStack

EXECUTION_TIMEOUT = Duration.hours(6)
"""As long as a run's lease."""

_ANY_VERSION = Wildcard(":*", "Any version of a function that is named; the CDK grants both forms.")
_STARTER_TIMEOUT = Duration.seconds(60)
_PLANNER_MIB = 1024
"""Half a CPU: a sample costs some 3 ms of one, so that a backlog of ten thousand takes a minute."""

_PLANNER_TIMEOUT = Duration.minutes(4)
"""Within the state's five. What it doesn't get to stays due."""


class OrchestrationStack(PlatformStack):
    """One execution runs what is due, once, whoever started it."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        lake: LakeStack,
        state: PlatformState,
        ingestion: IngestionStack,
        processing: ProcessingStack,
        warehouse: WarehouseStack,
    ) -> None:
        super().__init__(
            scope, "orchestration", stage=stage, description="Weir: the pipeline and its triggers"
        )
        self._state = state
        self._functions = FunctionFactory(
            self, "Functions", stage=stage, log_key=lake.operations_key
        )
        loads = self._load_functions(lake, warehouse)
        self.close_run = self._closer(lake)
        steps = Steps(
            open_run=self._step("open_run", "Opens a run under the pipeline's lease"),
            ingest_api=ingestion.ingest_api,
            plan_batches=self._planner(lake),
            stage_batch=ingestion.stage_batch,
            choose_engines=self._step(
                "choose_engines",
                "Chooses the engine that publishes each dataset",
                EngineSettings(**state.fields, **stage.engine_limits),
            ),
            merge_silver=processing.merge_silver,
            hand_to_spark=self._step("hand_to_spark", "Leaves to Spark what a function couldn't"),
            stage_job=processing.stage_job,
            silver=processing.silver,
            plan_gold=self._step("plan_gold", "Finds whether gold has anything to do"),
            build_gold=processing.build_gold,
            gold=processing.gold,
            plan_loads=self._step("plan_loads", "Finds what the warehouse has to take"),
            load_warehouse=loads[0],
            confirm_load=loads[1],
            close_run=self.close_run,
        )
        self.pipeline = self._pipeline(steps, lake)
        self.maintenance = self._maintenance(lake, processing)
        self.backfills = self._backfills(lake, processing)
        self.start_run = self._starter()
        self._start_by_schedule()
        if stage.start_on_arrival:
            self._start_by_arrival(lake)
        CfnOutput(self, "PipelineArn", value=self.pipeline.state_machine_arn)
        CfnOutput(self, "MaintenanceArn", value=self.maintenance.machine.state_machine_arn)
        CfnOutput(self, "BackfillArn", value=self.backfills.machine.state_machine_arn)

    def _planner(self, lake: LakeStack) -> PlatformFunction:
        """It reads a sample of each object that is due, and tells of drift."""
        function = self._step(
            "plan_batches",
            "Makes batches of what has landed, where it is what its contract says",
            PlanningSettings(
                **self._state.fields,
                function_mib=str(self.stage.stage_function_mib),
                alerts_topic_arn=alerts_topic_arn(self, self.stage),
            ),
            memory=_PLANNER_MIB,
            timeout=_PLANNER_TIMEOUT,
        )
        lake.landing.grant_read(function)
        grant_alert(self, function, stage=self.stage, key=lake.operations_key)
        return function

    def _closer(self, lake: LakeStack) -> PlatformFunction:
        """It tells of what the run has held."""
        function = self._step(
            "close_run",
            "Balances the books and ends the run",
            ClosingSettings(
                **self._state.fields, alerts_topic_arn=alerts_topic_arn(self, self.stage)
            ),
        )
        grant_alert(self, function, stage=self.stage, key=lake.operations_key)
        return function

    def _step(
        self,
        name: str,
        description: str,
        settings: LedgerSettings | None = None,
        *,
        memory: int = 256,
        timeout: Duration | None = None,
    ) -> PlatformFunction:
        function = PlatformFunction(
            self._functions,
            name,
            description=description,
            settings=settings or self._state.settings,
            memory=memory,
            timeout=timeout,
        )
        self._state.grant_use(function)
        self._grant_look_at_executions(function)
        return function

    def _load_functions(
        self, lake: LakeStack, warehouse: WarehouseStack
    ) -> tuple[PlatformFunction, PlatformFunction]:
        role = function_role(self, "LoaderRole", name=warehouse.loader_role_name)
        self._state.grant_use(role)
        warehouse.grant_load(role)
        CfnOutput(self, "LoaderRoleArn", value=role.role_arn)
        settings = WarehouseSettings(
            **self._state.fields,
            gold_bucket=lake.gold.bucket_name,
            workgroup=warehouse.workgroup_name,
            warehouse_role_arn=warehouse.copy_role.role_arn,
        )
        return (
            PlatformFunction(
                self._functions,
                "load_warehouse",
                description="Submits a model's load",
                settings=settings,
                role=role,
            ),
            PlatformFunction(
                self._functions,
                "confirm_load",
                description="Looks how a load went, and submits the next",
                settings=settings,
                role=role,
            ),
        )

    def _pipeline(self, steps: Steps, lake: LakeStack) -> StateMachine:
        log_group = LogGroup(
            self,
            "PipelineLog",
            # Below this prefix the policy of a log group doesn't grow with each state machine.
            log_group_name=f"/aws/vendedlogs/states/{self.stage.names.state_machine}",
            retention=self.stage.log_retention,
            encryption_key=lake.operations_key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        machine = StateMachine(
            self,
            "Pipeline",
            state_machine_name=self.stage.names.state_machine,
            comment="From what is due to the warehouse",
            definition_body=pipeline_definition(Construct(self, "States"), steps),
            timeout=EXECUTION_TIMEOUT,
            tracing_enabled=True,
            logs=LogOptions(destination=log_group, level=LogLevel.ALL, include_execution_data=True),
        )
        accept_wildcards(
            machine,
            _ANY_VERSION,
            Wildcard(
                "Resource::*",
                "Log delivery and X-Ray take no resource: AWS documents `*` for both.",
            ),
        )
        return machine

    def _maintenance(self, lake: LakeStack, processing: ProcessingStack) -> Maintenance:
        fields = {**self._state.fields, **lake.bucket_fields}
        plan = PlatformFunction(
            self._functions,
            "plan_maintenance",
            description="Says which tables to look after",
            settings=LakeSettings(**fields),
        )
        self._state.plans.grant_read(plan)
        maintain = PlatformFunction(
            self._functions,
            "maintain_table",
            description="Joins a table's small files, forgets its old snapshots, finds orphans",
            settings=MaintenanceSettings(
                **fields,
                delete_orphans=str(self.stage.delete_orphans).lower(),
                glue_joins=str(self.stage.glue_table_optimizers).lower(),
            ),
            memory=MAX_MEMORY_MIB,
            timeout=FUNCTION_TIMEOUT,
            lake=True,
        )
        self._state.grant_use(maintain)
        for zone in (lake.bronze, lake.silver, lake.gold, lake.quarantine):
            zone.grant_write(maintain)
        close = PlatformFunction(
            self._functions,
            "close_maintenance",
            description="Says what failed, and what is left to Spark",
            settings=self._state.settings,
        )
        self._state.ledger.grant_read(close)
        return Maintenance(
            self,
            "Maintenance",
            stage=self.stage,
            key=lake.operations_key,
            steps=MaintenanceSteps(
                plan=plan, maintain=maintain, close=close, job=processing.maintain
            ),
        )

    def _backfills(self, lake: LakeStack, processing: ProcessingStack) -> Backfills:
        plan = PlatformFunction(
            self._functions,
            "plan_backfill",
            description="Says what a backfill reads, in how many chunks",
            # The memory and the disk are not its own: it plans for the function that does a chunk.
            settings=processing.duckdb_settings,
            memory=_PLANNER_MIB,
            timeout=_STARTER_TIMEOUT,
            lake=True,
        )
        close = PlatformFunction(
            self._functions,
            "close_backfill",
            description="Ends a backfill, and notes chunks that couldn't be done",
            settings=self._state.settings,
        )
        for function in (plan, close):
            self._state.grant_use(function)
        lake.bronze.grant_read(plan)
        self._grant_look_at_executions(plan, machine=self.stage.names.backfill_machine)
        return Backfills(
            self,
            "Backfill",
            stage=self.stage,
            key=lake.operations_key,
            steps=BackfillSteps(
                plan=plan,
                rederive=processing.rederive_chunk,
                close=close,
                pipeline=self.pipeline,
            ),
        )

    def _grant_look_at_executions(self, function: Function, *, machine: str = "") -> None:
        """By name: the machine calls these functions, so a reference to it would be a circle.

        Args:
            machine: the pipeline's, if not told.
        """
        allow(
            function,
            PolicyStatement(
                actions=["states:DescribeExecution"],
                resources=[
                    self.format_arn(
                        service="states",
                        resource="execution",
                        resource_name=f"{machine or self.stage.names.state_machine}:*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
            ),
            Wildcard(":*", "Executions come and go; their state machine is named."),
        )

    def _starter(self) -> PlatformFunction:
        function = PlatformFunction(
            self._functions,
            "start_run",
            description="Starts the pipeline where something is due",
            settings=StarterSettings(
                **self._state.fields, state_machine_arn=self.pipeline.state_machine_arn
            ),
            timeout=_STARTER_TIMEOUT,
        )
        self._state.grant_use(function)
        self.pipeline.grant_start_execution(function)
        self._grant_look_at_executions(function)
        return function

    def _start_by_schedule(self) -> None:
        if not self.stage.schedule:
            return
        role = Role(self, "ScheduleRole", assumed_by=ServicePrincipal("scheduler.amazonaws.com"))
        Schedule(
            self,
            "Schedule",
            schedule_name=self.stage.names.state_machine,
            description="Pulls the sources and runs what is due",
            schedule=ScheduleExpression.expression(self.stage.schedule),
            target=LambdaInvoke(
                self.start_run,
                input=ScheduleTargetInput.from_object({"pull": True}),
                role=role,
            ),
        )
        accept_wildcards(role, _ANY_VERSION)

    def _start_by_arrival(self, lake: LakeStack) -> None:
        """A minute after an object lands; and after each run, for what landed meanwhile."""
        ArrivalQueue(
            self,
            "StartOnArrival",
            stage=self.stage,
            bucket=lake.landing.bucket,
            function=self.start_run,
            function_timeout=_STARTER_TIMEOUT,
            name="start",
            batch_window=Duration.seconds(30),
            # The object is registered by then, by the queue beside this one.
            delay=Duration.seconds(60),
        )
        Rule(
            self,
            "StartAgain",
            rule_name=self.stage.names.resource("start-again"),
            description="A run has ended: start another for what landed meanwhile",
            event_pattern=executions.ended(self.pipeline, "SUCCEEDED"),
            targets=[LambdaFunction(self.start_run)],
        )
