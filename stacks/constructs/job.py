"""Spark jobs on Glue: script, library, catalogue settings and a role of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_glue import (
    CfnJob,
    Code,
    ExecutionClass,
    GlueVersion,
    ISecurityConfiguration,
    PySparkEtlJob,
    WorkerConfiguration,
    WorkerType,
)
from aws_cdk.aws_iam import IGrantable, Role
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_logs import LogGroup
from constructs import Construct

from dataplatform.naming import CATALOG
from dataplatform.settings import Settings
from stacks.assets import ROOT, spark_code
from stacks.constructs.arns import GLUE, arn, service
from stacks.constructs.nag import acknowledge
from stacks.constructs.stored import StoredFile
from stacks.constructs.wildcards import OBJECTS, S3_READ, Wildcard, accept_wildcards, allow
from stacks.stage import Stage

CONCURRENT_RUNS: Final = 3
"""Glue's default is one; the run that is refused is retried, but need not be."""

JOB_TIMEOUT: Final = Duration.hours(2)
"""After which Glue stops a run. Its own default is two days."""


class SparkJob(Construct):
    """A job `glue_jobs/<name>.py`.

    Args:
        settings: become default arguments; the script reads the same class.
        log_key: of its log groups.
        warehouse_uri: where Iceberg would put a table that names no location.
        timeout: after which Glue stops a run.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        settings: Settings,
        security: ISecurityConfiguration,
        log_key: IKey,
        warehouse_uri: str,
        description: str,
        timeout: Duration,
    ) -> None:
        super().__init__(scope, name.capitalize())
        self.name = stage.names.resource(name)
        self.role = Role(self, "Role", assumed_by=service(GLUE))
        self._log_prefix = f"/aws-glue/jobs/{self.name}"
        self.job = PySparkEtlJob(
            self,
            "Job",
            job_name=self.name,
            description=description,
            glue_version=GlueVersion["V" + stage.runs_on.glue.replace(".", "_")],
            role=self.role,
            script=self._code("Script", ROOT / "glue_jobs" / f"{name}.py"),
            extra_python_files=[self._code("Library", spark_code())],
            worker_configuration=WorkerConfiguration(
                worker_type=WorkerType.G_1X, number_of_workers=stage.workers
            ),
            max_concurrent_runs=CONCURRENT_RUNS,
            timeout=timeout,
            security_configuration=security,
            default_arguments={
                "--datalake-formats": "iceberg",
                "--custom-logGroup-prefix": self._log_prefix,
                "--conf": chained(catalogue_settings(warehouse_uri)),
                **({"--enable-auto-scaling": "true"} if stage.spark_auto_scaling else {}),
                **settings.to_arguments(),
            },
        )
        if stage.spark_flex:
            self._use_spare_capacity()
        accept_wildcards(self.role, *S3_READ, *OBJECTS)
        self._make_log_groups(stage, log_key)
        self._allow_logs_and_metrics()
        # A run that finds a table's lease held asks whether its holder, a run too, goes on.
        self.grant_look_at_runs(self.role)

    def _code(self, construct_id: str, path: Path) -> Code:
        """The job is let read this object; by `Code.from_asset` it could read any app's assets."""
        stored = StoredFile(self, construct_id, path)
        return Code.from_bucket(stored.bucket, stored.key)

    def _use_spare_capacity(self) -> None:
        """The CDK has another class of job for it, which differs in nothing else."""
        resource = self.job.node.default_child
        assert isinstance(resource, CfnJob)
        resource.execution_class = ExecutionClass.FLEX.value

    def grant_look_at_runs(self, grantee: IGrantable) -> None:
        """Ask how a run of the job goes."""
        allow(grantee, ["glue:GetJobRun"], [arn("glue", "job", self.name)])

    def _make_log_groups(self, stage: Stage, key: IKey) -> None:
        """Made here, so that their names, their key and how long they keep are ours to say.

        Were the security configuration to encrypt logs, Glue would add that configuration's name
        and the role's to the groups' names, by a rule that isn't documented.
        """
        for kind in ("output", "error"):
            group = LogGroup(
                self,
                f"{kind.capitalize()}Log",
                log_group_name=f"{self._log_prefix}/{kind}",
                retention=stage.log_retention,
                encryption_key=key,
                # A named group that outlived its stack would block the next deployment.
                removal_policy=RemovalPolicy.DESTROY,
            )
            self.job.node.add_dependency(group)
        acknowledge(self.job, "AwsSolutions-GL1", "The job's log groups have a key of their own.")

    def _allow_logs_and_metrics(self) -> None:
        allow(
            self.role,
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [arn("logs", "log-group", f"{self._log_prefix}/*", separator=":")],
            Wildcard(f"log-group:{self._log_prefix}/*", "Glue names the streams of its groups."),
        )
        allow(
            self.role,
            ["cloudwatch:PutMetricData"],
            ["*"],
            Wildcard("Resource::*", "Metrics have no ARN; the condition names the namespace."),
            conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
        )


def catalogue_settings(warehouse_uri: str) -> dict[str, str]:
    """Static Spark settings: Iceberg over the Glue Data Catalog, times in UTC, fair turns."""
    catalog = f"spark.sql.catalog.{CATALOG}"
    return {
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{catalog}.warehouse": warehouse_uri,
        "spark.sql.session.timeZone": "UTC",
        # Spark 4's default is another: casts and sums that fail, not null. Plans mean Spark 3's.
        "spark.sql.ansi.enabled": "false",
        # To choose how to pack each column of kept rows costs a quarter of a merge's CPU.
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        # Bytes of a method beyond which Java interprets it for ever: casts of eleven columns are
        # more. Spark's own limit lets them be; at Java's it makes several methods of them.
        "spark.sql.codegen.hugeMethodLimit": "8000",
        # Tables are worked on side by side: a small one doesn't wait for a large one's tasks.
        "spark.scheduler.mode": "FAIR",
    }


def chained(settings: Mapping[str, str]) -> str:
    """Several Spark settings in Glue's one `--conf` argument: `a=b --conf c=d`."""
    return " --conf ".join(f"{name}={value}" for name, value in settings.items())
