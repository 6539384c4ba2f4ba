"""The role by which Glue's own compaction reads, joins and commits files of tables.

https://docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk.aws_iam import IGrantable, Role
from constructs import Construct

from stacks.constructs.arns import GLUE, arn, service
from stacks.constructs.wildcards import Wildcard, allow
from stacks.constructs.zone import LakeZone

_LOG_GROUP: Final = "/aws-glue/iceberg-compaction/logs"
"""Glue's name for it, one an account; its optimizers take no other."""


class OptimizerRole(Role):
    """What compaction may do: the tables of these zones, and its log."""

    def __init__(self, scope: Construct, construct_id: str, *, zones: Sequence[LakeZone]) -> None:
        super().__init__(scope, construct_id, assumed_by=service(GLUE))
        for zone in zones:
            zone.grant_write(self)
        allow(
            self,
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [arn("logs", "log-group", f"{_LOG_GROUP}:*", separator=":")],
            Wildcard(f"log-group:{_LOG_GROUP}:*", "Glue names the streams of its group."),
        )

    def grant_hand_over(self, grantee: IGrantable) -> None:
        """Name this role to Glue, and to no other service."""
        allow(
            grantee,
            ["iam:PassRole"],
            [self.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": GLUE}},
        )
