"""The platform's two keys."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk.aws_iam import Effect, PolicyStatement
from aws_cdk.aws_kms import Key
from constructs import Construct

from stacks.constructs.arns import arn, service
from stacks.stage import Stage

_LOG_GROUPS = (
    "/aws/lambda/weir-{stage}-*",
    "/aws/vendedlogs/states/weir-{stage}-*",
    "/aws/kinesisfirehose/weir-{stage}-*",
    "/aws-glue/jobs/weir-{stage}-*",
)


def data_key(scope: Construct, *, stage: Stage) -> Key:
    """The key of everything that holds rows: zones, ledger, warehouse."""
    return Key(
        scope,
        "DataKey",
        description=f"Weir {stage.name}: rows at rest",
        alias=f"alias/{stage.names.resource('data')}",
        enable_key_rotation=True,
        removal_policy=stage.data_removal,
    )


def operations_key(scope: Construct, *, stage: Stage) -> Key:
    """The key of logs, alerts and secrets, which AWS services write on our behalf.

    The CDK doesn't write these services' statements where key and user are in different stacks.
    """
    key = Key(
        scope,
        "OperationsKey",
        description=f"Weir {stage.name}: logs, alerts, secrets",
        alias=f"alias/{stage.names.resource('operations')}",
        enable_key_rotation=True,
        removal_policy=stage.data_removal,
    )
    _let_logs_encrypt(key, stage)
    _let_alerts_through(key)
    return key


def _let_logs_encrypt(key: Key, stage: Stage) -> None:
    groups = [
        arn("logs", "log-group", name.format(stage=stage.name), separator=":")
        for name in _LOG_GROUPS
    ]
    key.add_to_resource_policy(
        PolicyStatement(
            sid="LogGroupsOfThisStage",
            effect=Effect.ALLOW,
            principals=[service(f"logs.{Aws.REGION}.amazonaws.com")],
            actions=[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
            ],
            resources=["*"],  # in a key policy: this key
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )


def _let_alerts_through(key: Key) -> None:
    """Let alarms and rules publish to an encrypted topic; the topic's own policy says to which.

    EventBridge names no source when it publishes to one: with `aws:SourceAccount` here it would be
    refused, and nobody would hear of a failed run.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    for name, conditions in (("cloudwatch", account), ("events", None)):
        key.add_to_resource_policy(
            PolicyStatement(
                sid=f"AlertsFrom{name.capitalize()}",
                effect=Effect.ALLOW,
                principals=[service(f"{name}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key policy: this key
                conditions=conditions,
            )
        )
