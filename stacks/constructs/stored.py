"""A file of ours as an asset, in the bucket that the account's CDK apps share."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from aws_cdk.aws_iam import IGrantable
from aws_cdk.aws_s3 import IBucket
from aws_cdk.aws_s3_assets import Asset
from constructs import Construct

from stacks.constructs.wildcards import allow


class StoredFile(Construct):
    """One object, named by its content; its grant is on it alone.

    The CDK's own grants let whoever reads one asset list all of them, or read them.
    """

    def __init__(self, scope: Construct, construct_id: str, path: Path) -> None:
        super().__init__(scope, construct_id)
        self._asset = Asset(self, "File", path=str(path))

    @cached_property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return self._asset.s3_object_url

    @cached_property
    def bucket(self) -> IBucket:
        """The CDK's bucket of assets."""
        return self._asset.bucket

    @cached_property
    def key(self) -> str:
        """Of the object in it."""
        return self._asset.s3_object_key

    @cached_property
    def _arn(self) -> str:
        return self.bucket.arn_for_objects(self.key)

    def grant_read(self, grantee: IGrantable) -> None:
        """This object, and not what else the bucket holds."""
        allow(grantee, ["s3:GetObject"], [self._arn])
