"""Landing is held against the ledger, so that an event that was lost loses no object."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from constructs import Construct

from dataplatform.settings import IngestSettings
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.schedule import call_every
from stacks.constructs.state import PlatformState
from stacks.constructs.zone import LakeZone
from stacks.stage import Stage

INTERVAL: Final = Duration.days(1)


class LandingSweep(Construct):
    """A function that registers what landing has and nobody told of; daily if the stage has a
    schedule.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        state: PlatformState,
        functions: FunctionFactory,
        landing: LakeZone,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PlatformFunction(
            functions,
            "sweep_landing",
            description="Registers objects of landing whose event was lost",
            settings=IngestSettings(**state.fields, landing_bucket=landing.bucket_name),
            timeout=Duration.minutes(15),
        )
        state.grant_use(self.function)
        landing.grant_list(self.function)
        if stage.schedule:
            call_every(
                self,
                INTERVAL,
                self.function,
                name=stage.names.resource("sweep"),
                description="Looks for landed objects that nobody told of",
            )
