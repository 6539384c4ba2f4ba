"""Processing: the Spark jobs that make silver of bronze, and gold of silver."""

from __future__ import annotations

from typing import Final

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk.aws_glue import (
    JobBookmarksEncryption,
    SecurityConfiguration,
)
from constructs import Construct

from dataplatform.settings import JobSettings
from stacks.constructs.job import JOB_TIMEOUT, SparkJob
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.lake import LakeStack
from stacks.stage import Stage

TABLES_AT_ONCE: Final = 4
"""Tables that a job works on side by side: most of a small table's time is waiting for S3 and the
catalogue, so that four are the driver's cores (G.1X) busy, and memory holds four classified."""


class ProcessingStack(PlatformStack):
    """One run of a job takes all that is due of all datasets: a start is paid once."""

    def __init__(
        self, scope: Construct, *, stage: Stage, lake: LakeStack, state: PlatformState
    ) -> None:
        super().__init__(scope, "processing", stage=stage, description="Weir: Spark jobs on Glue")
        self._lake = lake
        self._state = state
        self._security = SecurityConfiguration(
            self,
            "Security",
            security_configuration_name=stage.names.resource("jobs"),
            job_bookmarks_encryption=JobBookmarksEncryption.client_side_kms(lake.operations_key),
        )
        # A named configuration that outlived its stack would block the next deployment.
        self._security.apply_removal_policy(RemovalPolicy.DESTROY)
        self.silver = self._job("silver", "Bronze batches, checked and merged into silver")
        lake.bronze.grant_read(self.silver.role)
        lake.silver.grant_write(self.silver.role)
        lake.quarantine.grant_write(self.silver.role)

        self.gold = self._job("gold", "Models, built from what changed in silver")
        lake.silver.grant_read(self.gold.role)
        lake.gold.grant_write(self.gold.role)
        CfnOutput(self, "SilverJob", value=self.silver.name)
        CfnOutput(self, "GoldJob", value=self.gold.name)

    def _job(self, name: str, description: str) -> SparkJob:
        job = SparkJob(
            self,
            name,
            stage=self.stage,
            description=description,
            security=self._security,
            log_key=self._lake.operations_key,
            settings=JobSettings(
                **self._state.fields, **self._lake.bucket_fields, at_once=str(TABLES_AT_ONCE)
            ),
            warehouse_uri=f"s3://{self._lake.silver.bucket_name}/",
            timeout=JOB_TIMEOUT,
        )
        self._state.grant_use(job.role)
        self._lake.operations_key.grant_encrypt_decrypt(job.role)
        return job
