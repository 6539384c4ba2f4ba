"""A zone of the lake: its bucket, its place in the catalogue, and who may use both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from aws_cdk import Duration
from aws_cdk.aws_iam import IGrantable
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_s3 import (
    BlockPublicAccess,
    Bucket,
    BucketEncryption,
    CfnBucket,
    IBucket,
    LifecycleRule,
)
from constructs import Construct

from dataplatform.naming import Zone
from stacks.constructs.arns import arn
from stacks.constructs.wildcards import (
    KMS_USE,
    OBJECTS,
    S3_READ,
    Wildcard,
    accept_wildcards,
    allow,
)
from stacks.stage import Stage

_READ_TABLES = ("glue:GetDatabase", "glue:GetTable", "glue:GetTables")
_COMMIT = ("glue:UpdateTable",)
_CREATE = ("glue:CreateTable",)
_OPTIMIZE = tuple(f"glue:{verb}TableOptimizer" for verb in ("Get", "Create", "Update", "Delete"))
_PUT = ("s3:PutObject", "s3:AbortMultipartUpload")
_READ_AND_PUT = ("s3:GetObject*", "s3:GetBucket*", "s3:List*", *_PUT, "s3:DeleteObject")
"""The CDK's own grants of writing add retentions, legal holds, tags and, what matters, deleting of
versions: then nothing would keep superseded versions from who deleted the file by mistake."""
_TABLES = Wildcard("/*", "Tables come and go with contracts; their database is named.")

GIVEN_UP_UPLOADS = LifecycleRule(
    id="given-up-uploads", abort_incomplete_multipart_upload_after=Duration.days(7)
)
SUPERSEDED_VERSIONS = LifecycleRule(
    id="superseded-versions",
    noncurrent_version_expiration=Duration.days(30),
    # Each deleted file would leave one for good, and listing a prefix passes over all of them.
    expired_object_delete_marker=True,
)


class ZoneBucket(Bucket):
    """A bucket with the house's defaults.

    Under an Iceberg table no rule may age current objects: a file is live for as long as a snapshot
    names it, however old. So by default only superseded versions and given-up uploads expire.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: IKey,
        access_logs: IBucket,
        log_folder: str,
        lifecycle: Sequence[LifecycleRule] = (SUPERSEDED_VERSIONS,),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"access/{log_folder}/",
            lifecycle_rules=[*lifecycle, GIVEN_UP_UPLOADS],
            removal_policy=stage.data_removal,
            auto_delete_objects=stage.erases,
        )

    def announce_arrivals(self) -> None:
        """Tell EventBridge of each new object.

        Set on the resource itself: the CDK's own switch adds a Lambda that sets it afterwards.
        """
        resource = self.node.default_child
        assert isinstance(resource, CfnBucket)
        resource.notification_configuration = CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )


class LakeZone(Construct):
    """A zone's bucket and, but for landing, the Glue database of its tables.

    Its grants give all that reading or writing the zone takes: objects, key, catalogue.
    """

    def __init__(
        self,
        scope: Construct,
        zone: Zone,
        *,
        stage: Stage,
        key: IKey,
        access_logs: IBucket,
        lifecycle: Sequence[LifecycleRule] = (SUPERSEDED_VERSIONS,),
    ) -> None:
        super().__init__(scope, zone.capitalize())
        self.zone = zone
        self.database_name = None if zone is Zone.LANDING else stage.names.database(zone)
        self.bucket = ZoneBucket(
            self,
            "Bucket",
            stage=stage,
            key=key,
            access_logs=access_logs,
            log_folder=zone,
            lifecycle=lifecycle,
        )

    @cached_property
    def bucket_name(self) -> str:
        """Generated when the stack is deployed."""
        return self.bucket.bucket_name

    def grant_read(self, grantee: IGrantable, *, prefix: str = "") -> None:
        """Objects below a prefix, and the tables as they are."""
        self.bucket.grant_read(grantee, f"{prefix}*")
        accept_wildcards(grantee, *S3_READ, *KMS_USE, *OBJECTS)
        self._allow_tables(grantee, _READ_TABLES)

    def grant_query(self, grantee: IGrantable, tables: Sequence[str]) -> None:
        """Read these tables and no others of the zone: for people, who look by way of Athena."""
        assert self.database_name is not None, "landing has no tables"
        folders = [f"{table}/*" for table in tables]
        objects = [self.bucket.arn_for_objects(folder) for folder in folders]
        allow(grantee, ["s3:GetObject"], objects, *OBJECTS)
        bucket = [self.bucket.bucket_arn]
        allow(grantee, ["s3:GetBucketLocation"], bucket)
        below = {"StringLike": {"s3:prefix": folders}}
        allow(grantee, ["s3:ListBucket"], bucket, conditions=below)
        key = self.bucket.encryption_key
        assert key is not None
        allow(grantee, ["kms:Decrypt"], [key.key_arn])
        self._allow_tables(grantee, _READ_TABLES, tables)

    def grant_list(self, grantee: IGrantable) -> None:
        """What versions of which objects there are, not what is in them."""
        allow(grantee, ["s3:ListBucketVersions"], [self.bucket.bucket_arn])

    def grant_put(self, grantee: IGrantable, *, prefix: str = "") -> None:
        """New objects below a prefix, and nothing else."""
        self.bucket.grant_write(grantee, f"{prefix}*", list(_PUT))
        accept_wildcards(grantee, *KMS_USE, *OBJECTS)

    def grant_write(self, grantee: IGrantable) -> None:
        """Read the tables and commit to them."""
        self.bucket.grant_write(grantee, "*", list(_READ_AND_PUT))
        accept_wildcards(grantee, *S3_READ, *KMS_USE, *OBJECTS)
        self._allow_tables(grantee, _READ_TABLES + _COMMIT)

    def grant_create_tables(self, grantee: IGrantable) -> None:
        """Create and evolve tables; there is no grant to drop one."""
        self.grant_write(grantee)
        self._allow_tables(grantee, _CREATE)

    def grant_optimize(self, grantee: IGrantable) -> None:
        """Turn Glue's own compaction of the tables on and off."""
        self._allow_tables(grantee, _OPTIMIZE)

    def _allow_tables(
        self, grantee: IGrantable, actions: Sequence[str], tables: Sequence[str] = ("*",)
    ) -> None:
        if self.database_name is None:
            return
        resources = [
            arn("glue", "catalog"),
            arn("glue", "database", self.database_name),
            *(arn("glue", "table", f"{self.database_name}/{table}") for table in tables),
        ]
        allow(grantee, actions, resources, _TABLES)
