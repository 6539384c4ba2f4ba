"""Sources are asked whether they still send what contracts say, whether or not data comes."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_kms import IKey
from constructs import Construct

from dataplatform.settings import ProbeSettings
from stacks.constructs.alerts import alerts_topic_arn, grant_alert
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.schedule import call_every
from stacks.constructs.state import PlatformState
from stacks.stage import Stage

INTERVAL: Final = Duration.hours(1)
"""How often sources are asked: two small requests each at most."""


class SourceProbe(Construct):
    """A function that asks each API for a few records; on a schedule if the stage has one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        state: PlatformState,
        functions: FunctionFactory,
        key: IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PlatformFunction(
            functions,
            "probe_sources",
            description="Compares a few records of each API with its contract",
            settings=ProbeSettings(**state.fields, alerts_topic_arn=alerts_topic_arn(stage)),
            timeout=Duration.minutes(2),
        )
        state.grant_use(self.function)
        grant_alert(self.function, stage=stage, key=key)
        if stage.schedule:
            call_every(
                self,
                INTERVAL,
                self.function,
                name=stage.names.resource("probe"),
                description="Asks the sources whether they still send what contracts say",
            )
