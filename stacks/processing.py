"""Processing: what functions do with DuckDB, and Spark jobs where it outgrows them."""

from __future__ import annotations

from typing import Final

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk.aws_glue import JobBookmarksEncryption, SecurityConfiguration
from aws_cdk.aws_iam import IGrantable
from constructs import Construct

from dataplatform.settings import BackfillSettings, DuckdbSettings, JobSettings
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.job import JOB_TIMEOUT, SparkJob
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.lake import LakeStack
from stacks.stage import Stage

TABLES_AT_ONCE: Final = 4
"""Tables that a job works on side by side: most of a small table's time is waiting for S3 and the
catalogue, so that four are the driver's cores (G.1X) busy, and memory holds four classified."""

FUNCTION_TIMEOUT: Final = Duration.minutes(15)
"""Lambda's longest. What takes longer is handed to Spark, which may take two hours."""


class ProcessingStack(PlatformStack):
    """A function merges one dataset, another builds the models; each has a job beside it.

    So has the function that stages a batch, which is ingestion's.

    One run of a job takes all that is left to Spark of all datasets: a start is paid once.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, lake: LakeStack, state: PlatformState
    ) -> None:
        super().__init__(
            scope, "processing", stage=stage, description="Weir: DuckDB functions and Spark jobs"
        )
        self._lake = lake
        self._state = state
        self._functions = FunctionFactory(
            self, "Functions", stage=stage, log_key=lake.operations_key
        )
        self._security = SecurityConfiguration(
            self,
            "Security",
            security_configuration_name=stage.names.resource("jobs"),
            job_bookmarks_encryption=JobBookmarksEncryption.client_side_kms(lake.operations_key),
        )
        # A named configuration that outlived its stack would block the next deployment.
        self._security.apply_removal_policy(RemovalPolicy.DESTROY)
        self.silver = self._job("silver", "Bronze batches, checked and merged into silver")
        self.merge_silver = self._function(
            "merge_silver", "A dataset's batches, checked and merged into silver", self.silver
        )
        self.backfill = self._job("backfill", "Rows of a dataset, derived from bronze anew")
        self.backfill_chunk = self._function(
            "backfill_chunk", "A part of a dataset's rows, derived from bronze anew", self.silver
        )
        self.gold = self._job("gold", "Models, built from what changed in silver")
        self.build_gold = self._function(
            "build_gold", "Models, built from what changed in silver", self.gold
        )
        self.stage_job = self._job("stage", "Landed objects that outgrow a function, to bronze")
        self.maintain = self._job("maintain", "Joins the small files of large tables")
        self._grant_zones()
        self._let_writers_ask()
        CfnOutput(self, "StageJob", value=self.stage_job.name)
        CfnOutput(self, "SilverJob", value=self.silver.name)
        CfnOutput(self, "GoldJob", value=self.gold.name)
        CfnOutput(self, "BackfillJob", value=self.backfill.name)

    def _grant_zones(self) -> None:
        """A job and the function beside it read and write the same."""
        lake = self._lake
        for merging in (self.silver.role, self.merge_silver):
            lake.bronze.grant_read(merging)
            lake.silver.grant_write(merging)
            lake.quarantine.grant_write(merging)
        # To bronze they add copies of records that are refused now, so that they can be replayed.
        for deriving in (self.backfill.role, self.backfill_chunk):
            for zone in (lake.bronze, lake.silver, lake.quarantine):
                zone.grant_write(deriving)
        for building in (self.gold.role, self.build_gold):
            lake.silver.grant_read(building)
            lake.gold.grant_write(building)
        lake.landing.grant_read(self.stage_job.role)
        for zone in (lake.bronze, lake.quarantine):
            zone.grant_write(self.stage_job.role)
        for zone in (lake.bronze, lake.silver, lake.gold, lake.quarantine):
            zone.grant_write(self.maintain.role)

    def _let_writers_ask(self) -> None:
        """Whoever finds that a job's run has a table's lease asks whether it goes on.

        Of silver that is whoever writes it, and of quarantine, the table of every dataset, each
        job; functions append to quarantine without its lease.
        """
        silver: list[IGrantable] = [self.silver.role, self.merge_silver]
        anew: list[IGrantable] = [self.backfill.role, self.backfill_chunk]
        gold: list[IGrantable] = [self.gold.role, self.build_gold]
        stage: list[IGrantable] = [self.stage_job.role]
        for job, writers in (
            (self.silver, [*stage, self.backfill.role]),
            (self.backfill, [*stage, *silver, self.backfill_chunk]),
            (self.stage_job, [self.silver.role, self.backfill.role, self.maintain.role]),
            (self.maintain, [*stage, *silver, *anew, *gold]),
        ):
            for writer in writers:
                job.grant_look_at_runs(writer)

    @property
    def duckdb_settings(self) -> DuckdbSettings:
        """Of functions that run DuckDB."""
        return DuckdbSettings(
            **self._state.fields,
            **self._lake.bucket_fields,
            memory_mib=str(self.stage.duckdb_memory_mib),
            storage_mib=str(self.stage.duckdb_storage_mib),
        )

    @property
    def backfill_settings(self) -> BackfillSettings:
        """Of whoever plans backfills: what it plans for is not its own."""
        return BackfillSettings(
            **vars(self.duckdb_settings), **self.stage.engine_limits, dpu=str(self.stage.workers)
        )

    def _job(self, name: str, description: str) -> SparkJob:
        job = SparkJob(
            self,
            name,
            stage=self.stage,
            description=description,
            security=self._security,
            log_key=self._lake.operations_key,
            settings=JobSettings(
                **self._state.fields,
                **self._lake.bucket_fields,
                at_once=str(TABLES_AT_ONCE),
                dpu=str(self.stage.workers),
            ),
            warehouse_uri=f"s3://{self._lake.silver.bucket_name}/",
            timeout=JOB_TIMEOUT,
        )
        self._state.grant_use(job.role)
        self._lake.operations_key.grant_encrypt_decrypt(job.role)
        return job

    def _function(self, name: str, description: str, job: SparkJob) -> PlatformFunction:
        """DuckDB's part of what a job does; it may ask whether a run of that job goes on."""
        stage = self.stage
        function = PlatformFunction(
            self._functions,
            name,
            description=description,
            settings=self.duckdb_settings,
            memory=stage.duckdb_memory_mib,
            storage=stage.duckdb_storage_mib,
            timeout=FUNCTION_TIMEOUT,
            lake=True,
        )
        self._state.grant_use(function)
        job.grant_look_at_runs(function)
        return function
