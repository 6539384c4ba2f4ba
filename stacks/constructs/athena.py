"""Athena: where queries are asked, and where their results lie."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk.aws_athena import CfnWorkGroup
from aws_cdk.aws_iam import IGrantable, PolicyStatement
from constructs import Construct

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
        self._results, self._folder, self._key = results, folder, key
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
        stack = Stack.of(self)
        group = stack.format_arn(service="athena", resource="workgroup", resource_name=self.name)
        allow(grantee, PolicyStatement(actions=list(_ASK), resources=[group]))
        default = [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name="default"),
        ]
        # Athena looks for it before any query, whatever the query names.
        allow(grantee, PolicyStatement(actions=["glue:GetDatabase"], resources=default))
        bucket = [self._results.bucket_arn]
        results = [self._results.arn_for_objects(f"{self._folder}*")]
        write = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        allow(grantee, PolicyStatement(actions=write, resources=results), *OBJECTS)
        allow(grantee, PolicyStatement(actions=["s3:GetBucketLocation"], resources=bucket))
        seal = ["kms:Decrypt", "kms:GenerateDataKey"]
        allow(grantee, PolicyStatement(actions=seal, resources=[self._key.key_arn]))
