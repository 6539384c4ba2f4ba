"""The base of every stack: its name, its tags, its three zones."""

from __future__ import annotations

from aws_cdk import Fn, Stack, Tags
from constructs import Construct

from stacks.stage import Stage

ZONES = 3
"""Redshift Serverless with enhanced VPC routing needs subnets in three availability zones."""


class PlatformStack(Stack):
    """A stack of one concern of one stage, tied to no account and no region.

    Args:
        keeps_data: the stack is protected against deletion where its stage isn't erasable: its data
            would outlive it, but the next deployment wouldn't find it.
    """

    def __init__(
        self,
        scope: Construct,
        concern: str,
        *,
        stage: Stage,
        description: str,
        keeps_data: bool = False,
    ) -> None:
        super().__init__(
            scope,
            concern.capitalize(),
            stack_name=stage.names.stack(concern),
            description=description,
            termination_protection=keeps_data and not stage.erasable,
        )
        self.stage = stage
        Tags.of(self).add("weir:stage", stage.name)
        Tags.of(self).add("weir:concern", concern)

    @property
    def availability_zones(self) -> list[str]:
        """Those that the stage names, or the first three of whatever region this is deployed to.

        Without an account the CDK assumes two zones.
        """
        if self.stage.zones:
            return [f"{self.region}{letter}" for letter in self.stage.zones]
        return [Fn.select(index, Fn.get_azs()) for index in range(ZONES)]
