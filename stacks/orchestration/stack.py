"""The orchestration stack: three state machines, their functions, and what starts them."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration
from constructs import Construct

from stacks.constructs.function import FunctionFactory
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.orchestration.backfill import Backfills
from stacks.orchestration.machine import state_machine
from stacks.orchestration.maintenance import Maintenance
from stacks.orchestration.pipeline import pipeline_definition
from stacks.orchestration.starting import start_by_arrival, start_by_schedule, starter
from stacks.orchestration.states import States
from stacks.orchestration.steps import StepFunctions
from stacks.processing import ProcessingStack
from stacks.stage import Stage
from stacks.warehouse import WarehouseStack

EXECUTION_TIMEOUT = Duration.hours(6)
"""As long as a run's lease."""


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
        functions = FunctionFactory(self, "Functions", stage=stage, log_key=lake.operations_key)
        steps = StepFunctions(functions, stage=stage, lake=lake, state=state).steps(
            self, ingestion=ingestion, processing=processing, warehouse=warehouse
        )
        self.pipeline = state_machine(
            self,
            stage=stage,
            key=lake.operations_key,
            name=stage.names.state_machine,
            comment="From what is due to the warehouse",
            definition=pipeline_definition(States(self), steps),
            timeout=EXECUTION_TIMEOUT,
            ids=("Pipeline", "PipelineLog"),
        )
        self.maintenance = Maintenance(
            self,
            "Maintenance",
            stage=stage,
            lake=lake,
            state=state,
            functions=functions,
            job=processing.maintain,
        )
        self.backfills = Backfills(
            self,
            "Backfill",
            stage=stage,
            lake=lake,
            state=state,
            functions=functions,
            processing=processing,
            pipeline=self.pipeline,
        )
        self.start_run = starter(functions, stage=stage, state=state, pipeline=self.pipeline)
        if stage.schedule:
            start_by_schedule(self, self.start_run, stage=stage)
        if stage.start_on_arrival:
            start_by_arrival(
                self,
                self.start_run,
                stage=stage,
                landing=lake.landing.bucket,
                pipeline=self.pipeline,
            )
        CfnOutput(self, "PipelineArn", value=self.pipeline.state_machine_arn)
        CfnOutput(self, "MaintenanceArn", value=self.maintenance.machine.state_machine_arn)
        CfnOutput(self, "BackfillArn", value=self.backfills.machine.state_machine_arn)
