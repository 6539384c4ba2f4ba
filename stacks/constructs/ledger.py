"""The ledger's table."""

from __future__ import annotations

from functools import cached_property

from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    BillingMode,
    PointInTimeRecoverySpecification,
    Table,
    TableEncryption,
)
from aws_cdk.aws_iam import IGrantable
from aws_cdk.aws_kms import IKey
from constructs import Construct

from stacks.constructs.wildcards import KMS_USE, accept_wildcards
from stacks.stage import Stage


class LedgerTable(Construct):
    """One DynamoDB table of `pk` and `sk`, paid by request; old items expire by themselves."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: IKey) -> None:
        super().__init__(scope, construct_id)
        self._table = Table(
            self,
            "Table",
            partition_key=Attribute(name="pk", type=AttributeType.STRING),
            sort_key=Attribute(name="sk", type=AttributeType.STRING),
            billing_mode=BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            deletion_protection=not stage.erases,
            removal_policy=stage.data_removal,
        )

    @cached_property
    def table_name(self) -> str:
        """Generated when the stack is deployed."""
        return self._table.table_name

    def grant_read(self, grantee: IGrantable) -> None:
        """Look at runs, books and leases."""
        self._table.grant_read_data(grantee)
        accept_wildcards(grantee, *KMS_USE)

    def grant_write(self, grantee: IGrantable) -> None:
        """Look, and record."""
        self._table.grant_read_write_data(grantee)
        accept_wildcards(grantee, *KMS_USE)
