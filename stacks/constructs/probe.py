"""Sources are asked whether they still send what contracts say, whether or not data comes."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_scheduler import Schedule, ScheduleExpression
from aws_cdk.aws_scheduler_targets import LambdaInvoke
from constructs import Construct

from dataplatform.settings import ProbeSettings
from stacks.constructs.alerts import alerts_topic_arn, grant_alert
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.state import PlatformState
from stacks.constructs.wildcards import Wildcard, accept_wildcards
from stacks.stage import Stage

INTERVAL: Final = Duration.hours(1)
"""How often sources are asked: two small requests each at most."""

_ANY_VERSION = Wildcard(":*", "Any version of the function that is named.")


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
            settings=ProbeSettings(**state.fields, alerts_topic_arn=alerts_topic_arn(self, stage)),
            timeout=Duration.minutes(2),
        )
        state.grant_use(self.function)
        grant_alert(self, self.function, stage=stage, key=key)
        if stage.schedule:
            role = Role(self, "Role", assumed_by=ServicePrincipal("scheduler.amazonaws.com"))
            Schedule(
                self,
                "Schedule",
                schedule_name=stage.names.resource("probe"),
                description="Asks the sources whether they still send what contracts say",
                schedule=ScheduleExpression.rate(INTERVAL),
                target=LambdaInvoke(self.function, role=role),
            )
            accept_wildcards(role, _ANY_VERSION)
