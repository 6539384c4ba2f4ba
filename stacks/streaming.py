"""Streaming: one Firehose for each dataset whose contract names a stream."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_logs import LogGroup
from constructs import Construct

from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.lake import LakeStack
from stacks.sources.model import STREAM, datasets_of_kind
from stacks.sources.stream import EventStream
from stacks.stage import Stage


class StreamingStack(PlatformStack):
    """Without such a dataset only the log group is deployed, which costs nothing."""

    def __init__(
        self, scope: Construct, *, stage: Stage, lake: LakeStack, state: PlatformState
    ) -> None:
        super().__init__(
            scope, "streaming", stage=stage, description="Weir: events, by Firehose, to landing"
        )
        log_group = LogGroup(
            self,
            "DeliveryLog",
            log_group_name=f"/aws/kinesisfirehose/{stage.names.resource('streams')}",
            retention=stage.log_retention,
            encryption_key=lake.operations_key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.streams: dict[str, EventStream] = {}
        datasets = datasets_of_kind(state.plans.plan, STREAM)
        if not datasets:
            return
        transform = PlatformFunction(
            FunctionFactory(self, "Functions", stage=stage, log_key=lake.operations_key),
            "transform_events",
            description="Checks and reshapes streamed events, record by record",
            settings=state.settings,
            timeout=Duration.minutes(2),
        )
        for dataset in datasets:
            self.streams[dataset.dataset] = EventStream(
                self,
                dataset.dataset,
                stage=stage,
                landing=lake.landing,
                transform=transform,
                log_group=log_group,
            )
