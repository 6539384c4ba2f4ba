"""The platform of one stage: its stacks, in the order in which they need each other."""

from __future__ import annotations

from typing import Final

from constructs import Construct

from dataplatform.plans.model import PlatformPlan
from stacks.catalog import CatalogStack
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.network import NetworkStack
from stacks.observability import ObservabilityStack
from stacks.orchestration import OrchestrationStack
from stacks.processing import ProcessingStack
from stacks.stage import Stage
from stacks.streaming import StreamingStack
from stacks.warehouse import WarehouseStack

CONTEXT_KEYS: Final = ("stages", "stage", "allow_erase")
"""What the app reads of cdk.json and of `-c`."""


def add_platform(scope: Construct, *, stage: Stage, plan: PlatformPlan) -> None:
    """Nine stacks; each takes the constructs of those before it, never their names."""
    lake = LakeStack(scope, stage=stage)
    network = NetworkStack(scope, stage=stage, flow_logs=lake.logs)
    warehouse = WarehouseStack(scope, stage=stage, vpc=network.vpc, lake=lake)
    catalog = CatalogStack(scope, stage=stage, plan=plan, lake=lake, warehouse=warehouse)
    state = catalog.state
    ingestion = IngestionStack(scope, stage=stage, lake=lake, state=state)
    StreamingStack(scope, stage=stage, lake=lake, state=state)
    processing = ProcessingStack(scope, stage=stage, lake=lake, state=state)
    orchestration = OrchestrationStack(
        scope,
        stage=stage,
        lake=lake,
        state=state,
        ingestion=ingestion,
        processing=processing,
        warehouse=warehouse,
    )
    ObservabilityStack(
        scope,
        stage=stage,
        lake=lake,
        state=state,
        ingestion=ingestion,
        orchestration=orchestration,
        warehouse=warehouse,
    )
