"""The compiled platform as one asset, named by its content."""

from __future__ import annotations

from functools import cached_property

from aws_cdk.aws_iam import IGrantable
from aws_cdk.aws_s3 import IBucket
from aws_cdk.aws_s3_assets import Asset
from constructs import Construct

from dataplatform.plans.model import PlatformPlan
from stacks.assets import text_file
from stacks.constructs.wildcards import S3_READ, accept_wildcards


class CompiledPlans(Construct):
    """Contracts and models, compiled once at synthesis: nothing at run time parses YAML or SQL."""

    def __init__(self, scope: Construct, construct_id: str, *, plan: PlatformPlan) -> None:
        super().__init__(scope, construct_id)
        self.plan = plan
        name = f"plans-{plan.stage}.json"
        self._asset = Asset(self, "Json", path=str(text_file(name, plan.to_json())))

    @cached_property
    def uri(self) -> str:
        """`s3://bucket/key` of the JSON."""
        return self._asset.s3_object_url

    @cached_property
    def _bucket(self) -> IBucket:
        return self._asset.bucket

    @cached_property
    def _key(self) -> str:
        return self._asset.s3_object_key

    def grant_read(self, grantee: IGrantable) -> None:
        """This one object of the CDK's asset bucket."""
        self._bucket.grant_read(grantee, self._key)
        accept_wildcards(grantee, *S3_READ)
