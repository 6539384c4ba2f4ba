"""The ledger's table."""

from __future__ import annotations

from functools import cached_property
from typing import Final

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

_READ: Final = tuple(f"dynamodb:{verb}" for verb in ("GetItem", "BatchGetItem", "Query"))
_WRITE: Final = tuple(
    f"dynamodb:{verb}Item" for verb in ("Put", "Update", "Delete", "ConditionCheck")
)
_DECRYPT: Final = ("kms:Decrypt", "kms:DescribeKey")
_ENCRYPT: Final = ("kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


class LedgerTable(Construct):
    """One DynamoDB table of `pk` and `sk`, paid by request; old items expire by themselves.

    Its grants name what the ledger does. The CDK's own would let each function scan the whole table
    and write past every condition by batches; nothing here does either.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: IKey) -> None:
        super().__init__(scope, construct_id)
        self._key = key
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
            # It would hold up the rollback of a first deployment, too, which removes the table.
            deletion_protection=not stage.erasable,
            removal_policy=stage.data_removal,
        )

    @cached_property
    def table_name(self) -> str:
        """Generated when the stack is deployed."""
        return self._table.table_name

    def grant_read(self, grantee: IGrantable) -> None:
        """Look at runs, books and leases."""
        self._table.grant(grantee, *_READ)
        self._key.grant(grantee, *_DECRYPT)

    def grant_write(self, grantee: IGrantable) -> None:
        """Look, and record."""
        self._table.grant(grantee, *_READ, *_WRITE)
        self._key.grant(grantee, *_DECRYPT, *_ENCRYPT)
        accept_wildcards(grantee, *KMS_USE)
