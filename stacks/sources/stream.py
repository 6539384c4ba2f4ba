"""A stream of events: Firehose gathers them into files of the landing bucket."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Resource, Size
from aws_cdk.aws_iam import IGrantable, Role
from aws_cdk.aws_kinesisfirehose import (
    Compression,
    DeliveryStream,
    EnableLogging,
    LambdaFunctionProcessor,
    S3Bucket,
    StreamEncryption,
)
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import ILogGroup, LogGroup
from constructs import Construct

from dataplatform.naming import landing_prefix, rejected_prefix
from stacks.constructs.arns import service
from stacks.constructs.wildcards import (
    KMS_USE,
    OBJECTS,
    S3_READ,
    S3_WRITE,
    Wildcard,
    accept_wildcards,
)
from stacks.constructs.zone import LakeZone
from stacks.stage import Stage

BUFFER = Duration.seconds(60)
"""How long events gather into one object; the live view reads the object as soon as it is there."""

TRANSFORM_BUFFER = Duration.seconds(10)
"""Firehose gathers for the transform first; then `BUFFER` begins. Both are within two minutes."""

_BY_KIND_AND_HOUR = "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"

_ANY_VERSION = Wildcard(":*", "Any version of the function that is named.")


class EventStream(Construct):
    """Direct PUT, so that an idle stream costs nothing; the transform sees every record.

    Records that the transform gives up on land below `rejected_prefix`; `stage_batch` quarantines
    them, so that every record that was put is in the books.
    """

    def __init__(
        self,
        scope: Construct,
        dataset: str,
        *,
        stage: Stage,
        landing: LakeZone,
        transform: IFunction,
        log_group: ILogGroup,
    ) -> None:
        super().__init__(scope, f"Stream-{dataset}")
        log = LogGroup.from_log_group_name(self, "Log", log_group.log_group_name)
        role = Role(self, "Role", assumed_by=service("firehose.amazonaws.com"))
        self.delivery = DeliveryStream(
            self,
            "Delivery",
            delivery_stream_name=stage.names.stream(dataset),
            encryption=StreamEncryption.aws_owned_key(),
            destination=S3Bucket(
                landing.bucket,
                role=role,
                buffering_interval=BUFFER,
                buffering_size=Size.mebibytes(8),
                compression=Compression.GZIP,
                data_output_prefix=landing_prefix(dataset),
                error_output_prefix=rejected_prefix(dataset) + _BY_KIND_AND_HOUR,
                processors=[
                    LambdaFunctionProcessor(
                        transform, buffer_interval=TRANSFORM_BUFFER, buffer_size=Size.mebibytes(1)
                    )
                ],
                encryption_key=landing.bucket.encryption_key,
                # Each stream names its own log stream below its own construct.
                logging_config=EnableLogging(log),
            ),
        )
        for part in log.node.children:  # the CDK would keep its log stream when the stream has gone
            if isinstance(part, Resource):
                part.apply_removal_policy(RemovalPolicy.DESTROY)
        accept_wildcards(role, *S3_READ, *S3_WRITE, *KMS_USE, *OBJECTS, _ANY_VERSION)

    def grant_put(self, grantee: IGrantable) -> None:
        """Send events."""
        self.delivery.grant_put_records(grantee)
