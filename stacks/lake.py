"""The lake: five zones, two keys, and the buckets beside them."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration
from aws_cdk.aws_s3 import (
    BlockPublicAccess,
    Bucket,
    BucketEncryption,
    LifecycleRule,
    StorageClass,
    Transition,
)
from constructs import Construct

from dataplatform.naming import Zone
from stacks.constructs.keys import data_key, operations_key
from stacks.constructs.nag import acknowledge
from stacks.constructs.stack import PlatformStack
from stacks.constructs.zone import GIVEN_UP_UPLOADS, SUPERSEDED_VERSIONS, LakeZone, ZoneBucket
from stacks.stage import Stage

_LANDING_RULES = (
    # Kept for good, as sent; after a month read only by a replay.
    LifecycleRule(
        id="rarely-read",
        transitions=[
            Transition(
                storage_class=StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(30)
            )
        ],
    ),
)
_RESULTS_RULES = (
    LifecycleRule(
        id="old-results",
        expiration=Duration.days(14),
        noncurrent_version_expiration=Duration.days(1),
    ),
)


class LakeStack(PlatformStack):
    """Zones own their grants: `lake.silver.grant_write(job)`."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        super().__init__(
            scope,
            "lake",
            stage=stage,
            description="Weir: the lake's buckets and keys",
            keeps_data=True,
        )
        self.data_key = data_key(self, stage=stage)
        self.operations_key = operations_key(self, stage=stage)
        self.logs = self._logs_bucket()
        self.landing = self._zone(Zone.LANDING, _LANDING_RULES)
        self.landing.bucket.announce_arrivals()
        self.bronze = self._zone(Zone.BRONZE)
        self.silver = self._zone(Zone.SILVER)
        self.gold = self._zone(Zone.GOLD)
        self.quarantine = self._zone(Zone.QUARANTINE)
        self.athena_results = ZoneBucket(
            self,
            "AthenaResults",
            stage=stage,
            key=self.data_key,
            access_logs=self.logs,
            log_folder="athena-results",
            lifecycle=_RESULTS_RULES,
        )
        for zone in self.zones:
            CfnOutput(self, f"{zone.zone.capitalize()}Bucket", value=zone.bucket_name)
        CfnOutput(self, "AthenaResultsBucket", value=self.athena_results.bucket_name)
        CfnOutput(self, "LogsBucket", value=self.logs.bucket_name)

    @property
    def zones(self) -> tuple[LakeZone, ...]:
        """In the order in which rows pass through them."""
        return (self.landing, self.bronze, self.silver, self.gold, self.quarantine)

    @property
    def bucket_fields(self) -> dict[str, str]:
        """The bucket fields of LakeSettings."""
        return {f"{zone.zone}_bucket": zone.bucket_name for zone in self.zones}

    def _zone(
        self, zone: Zone, lifecycle: tuple[LifecycleRule, ...] = (SUPERSEDED_VERSIONS,)
    ) -> LakeZone:
        return LakeZone(
            self,
            zone,
            stage=self.stage,
            key=self.data_key,
            access_logs=self.logs,
            lifecycle=lifecycle,
        )

    def _logs_bucket(self) -> Bucket:
        """S3 delivers access logs only to SSE-S3, and never to a bucket with a default lock."""
        bucket = Bucket(
            self,
            "Logs",
            encryption=BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[
                LifecycleRule(
                    id="old-logs",
                    expiration=Duration.days(365),
                    noncurrent_version_expiration=Duration.days(1),
                ),
                GIVEN_UP_UPLOADS,
            ],
            removal_policy=self.stage.data_removal,
            auto_delete_objects=self.stage.erases,
        )
        acknowledge(
            bucket, "AwsSolutions-S1", "It takes the access logs; logging to itself never ends."
        )
        return bucket
