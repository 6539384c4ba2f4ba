"""Athena: where queries are asked, and where their results lie."""

from __future__ import annotations

from aws_cdk.aws_athena import CfnWorkGroup
from aws_cdk.aws_iam import IGrantable
from constructs import Construct

from stacks.constructs.arns import arn
from stacks.constructs.wildcards import OBJECTS, allow
from stacks.constructs.zone import ZoneBucket

_ASK = tuple(
    f"athena:{verb}"
    for verb in (
        "GetWorkGroup",
        "StartQueryExecution",
        "StopQueryExecution",
        "GetQueryExecution",
        "GetQueryResults",
    )
)
_WRITE_RESULTS = tuple(
    f"s3:{verb}"
    for verb in ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")
)
"""With listing, below, what Athena's own policy for users gives them on results.
https://docs.aws.amazon.com/athena/latest/ug/managed-policies.html"""


class WorkGroup(CfnWorkGroup):
    """A workgroup whose results lie below a folder of their own, whatever a query asks for."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        results: ZoneBucket,
        folder: str = "",
    ) -> None:
        key = results.encryption_key
        assert key is not None
        self._name, self._results, self._folder, self._key = name, results, folder, key
        super().__init__(
            scope,
            construct_id,
            name=name,
            description=description,
            recursive_delete_option=True,
            work_group_configuration=CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                result_configuration=CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{results.bucket_name}/{folder}",
                    encryption_configuration=CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=key.key_arn
                    ),
                ),
            ),
        )

    def grant_ask(self, grantee: IGrantable) -> None:
        """Ask queries here, and read the results of this workgroup and of no other."""
        allow(grantee, _ASK, [arn("athena", "workgroup", self._name)])
        default = [arn("glue", "catalog"), arn("glue", "database", "default")]
        # Athena looks for it before any query, whatever the query names.
        allow(grantee, ["glue:GetDatabase"], default)
        bucket = [self._results.bucket_arn]
        results = [self._results.arn_for_objects(f"{self._folder}*")]
        allow(grantee, _WRITE_RESULTS, results, *OBJECTS)
        allow(grantee, ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], bucket)
        below = {"StringLike": {"s3:prefix": f"{self._folder}*"}}
        allow(grantee, ["s3:ListBucket"], bucket, conditions=below)
        seal = ["kms:Decrypt", "kms:GenerateDataKey"]
        allow(grantee, seal, [self._key.key_arn])
