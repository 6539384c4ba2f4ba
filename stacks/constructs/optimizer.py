"""The role by which Glue's own compaction reads, joins and commits files of tables.

https://docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import ArnFormat, Stack
from aws_cdk.aws_iam import IGrantable, PolicyStatement, Role, ServicePrincipal
from constructs import Construct

from stacks.constructs.wildcards import Wildcard, allow
from stacks.constructs.zone import LakeZone

GLUE: Final = "glue.amazonaws.com"

_LOG_GROUP: Final = "/aws-glue/iceberg-compaction/logs"
"""Glue's name for it, one an account; its optimizers take no other."""


class OptimizerRole(Role):
    """What compaction may do: the tables of these zones, and its log."""

    def __init__(self, scope: Construct, construct_id: str, *, zones: Sequence[LakeZone]) -> None:
        super().__init__(scope, construct_id, assumed_by=ServicePrincipal(GLUE))
        for zone in zones:
            zone.grant_write(self)
        log = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{_LOG_GROUP}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        allow(
            self,
            PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log],
            ),
            Wildcard(f"log-group:{_LOG_GROUP}:*", "Glue names the streams of its group."),
        )

    def grant_hand_over(self, grantee: IGrantable) -> None:
        """Name this role to Glue, and to no other service."""
        grantee.grant_principal.add_to_principal_policy(
            PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": GLUE}},
            )
        )
