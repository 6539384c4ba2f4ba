"""The functions of the pipeline: those of other stacks, and those that orchestration has itself."""

from __future__ import annotations

from typing import Final

from aws_cdk import CfnOutput, Duration
from constructs import Construct

from dataplatform.settings import (
    ClosingSettings,
    EngineSettings,
    LedgerSettings,
    PlanningSettings,
    WarehouseSettings,
)
from stacks.constructs import executions
from stacks.constructs.alerts import alerts_topic_arn, grant_alert
from stacks.constructs.function import FunctionFactory, PlatformFunction, function_role
from stacks.constructs.state import PlatformState
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.orchestration.pipeline import PipelineSteps
from stacks.processing import ProcessingStack
from stacks.stage import Stage
from stacks.warehouse import WarehouseStack

_PLANNER_MIB: Final = 1024
"""Half a CPU: a sample costs some 3 ms of one, so that a backlog of ten thousand takes a minute."""

_PLANNER_TIMEOUT: Final = Duration.minutes(4)
"""Within the state's five. What it doesn't get to stays due."""


class StepFunctions:
    """Makes the functions that only the pipeline calls."""

    def __init__(
        self, functions: FunctionFactory, *, stage: Stage, lake: LakeStack, state: PlatformState
    ) -> None:
        self._functions = functions
        self._stage = stage
        self._lake = lake
        self._state = state

    def steps(
        self,
        scope: Construct,
        *,
        ingestion: IngestionStack,
        processing: ProcessingStack,
        warehouse: WarehouseStack,
    ) -> PipelineSteps:
        """What the states of the pipeline run.

        Args:
            scope: has the role that the warehouse is loaded with.
        """
        load, confirm = self._loaders(scope, warehouse)
        return PipelineSteps(
            open_run=self._opener(),
            ingest_api=ingestion.ingest_api,
            plan_batches=self._planner(),
            stage_batch=ingestion.stage_batch,
            choose_engines=self._step(
                "choose_engines",
                "Chooses the engine that publishes each dataset",
                EngineSettings(**self._state.fields, **self._stage.engine_limits),
            ),
            merge_silver=processing.merge_silver,
            hand_to_spark=self._step("hand_to_spark", "Leaves to Spark what a function couldn't"),
            stage_job=processing.stage_job,
            silver=processing.silver,
            plan_gold=self._step("plan_gold", "Finds whether gold has anything to do"),
            build_gold=processing.build_gold,
            gold=processing.gold,
            plan_loads=self._step("plan_loads", "Finds what the warehouse has to take"),
            load_warehouse=load,
            confirm_load=confirm,
            close_run=self._closer(),
        )

    def _opener(self) -> PlatformFunction:
        """It asks whether the execution that holds the pipeline goes on."""
        function = self._step("open_run", "Opens a run under the pipeline's lease")
        executions.grant_look(function, machine=self._stage.names.state_machine)
        return function

    def _planner(self) -> PlatformFunction:
        """It reads a sample of each object that is due, and tells of drift."""
        function = self._step(
            "plan_batches",
            "Makes batches of what has landed, where it is what its contract says",
            PlanningSettings(
                **self._state.fields,
                function_mib=str(self._stage.stage_function_mib),
                alerts_topic_arn=alerts_topic_arn(self._stage),
            ),
            memory=_PLANNER_MIB,
            timeout=_PLANNER_TIMEOUT,
        )
        self._lake.landing.grant_read(function)
        self._grant_alert(function)
        return function

    def _closer(self) -> PlatformFunction:
        """It tells of what the run has held."""
        function = self._step(
            "close_run",
            "Balances the books and ends the run",
            ClosingSettings(
                **self._state.fields,
                alerts_topic_arn=alerts_topic_arn(self._stage),
            ),
        )
        self._grant_alert(function)
        return function

    def _grant_alert(self, function: PlatformFunction) -> None:
        grant_alert(function, stage=self._stage, key=self._lake.operations_key)

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
        return function

    def _loaders(
        self, scope: Construct, warehouse: WarehouseStack
    ) -> tuple[PlatformFunction, PlatformFunction]:
        role = function_role(scope, "LoaderRole", name=warehouse.loader_role_name)
        self._state.grant_use(role)
        warehouse.grant_load(role)
        CfnOutput(scope, "LoaderRoleArn", value=role.role_arn)
        settings = WarehouseSettings(
            **self._state.fields,
            gold_bucket=self._lake.gold.bucket_name,
            workgroup=warehouse.workgroup_name,
            warehouse_role_arn=warehouse.copy_role.role_arn,
        )
        load = PlatformFunction(
            self._functions,
            "load_warehouse",
            description="Submits a model's load",
            settings=settings,
            role=role,
        )
        confirm = PlatformFunction(
            self._functions,
            "confirm_load",
            description="Looks how a load went, and submits the next",
            settings=settings,
            role=role,
        )
        return load, confirm
