"""Spark jobs on Glue: script, library, catalogue settings and a role of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk.aws_glue import (
    Code,
    GlueVersion,
    ISecurityConfiguration,
    PySparkEtlJob,
    WorkerConfiguration,
    WorkerType,
)
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from constructs import Construct

from dataplatform.naming import CATALOG
from dataplatform.settings import Settings
from stacks.assets import ROOT, spark_code
from stacks.constructs.wildcards import OBJECTS, S3_READ, Wildcard, accept_wildcards, allow
from stacks.stage import Stage

GLUE_VERSION: Final = GlueVersion.V5_1
"""Spark 3.5.6, Python 3.11, Java 17, Iceberg 1.10.0: what runs on a laptop, too."""

CONCURRENT_RUNS: Final = 3
"""Glue's default is one; the run that is refused is retried, but need not be."""

JOB_TIMEOUT: Final = Duration.hours(2)
"""After which Glue stops a run. Its own default is two days."""


class SparkJob(Construct):
    """A job `glue_jobs/<name>.py`.

    Args:
        settings: become default arguments; the script reads the same class.
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
        warehouse_uri: str,
        description: str,
        timeout: Duration,
    ) -> None:
        super().__init__(scope, name.capitalize())
        self.name = stage.names.resource(name)
        self.role = Role(self, "Role", assumed_by=ServicePrincipal("glue.amazonaws.com"))
        library = Code.from_asset(str(spark_code()))
        self.job = PySparkEtlJob(
            self,
            "Job",
            job_name=self.name,
            description=description,
            glue_version=GLUE_VERSION,
            role=self.role,
            script=Code.from_asset(str(ROOT / "glue_jobs" / f"{name}.py")),
            extra_python_files=[library],
            worker_configuration=WorkerConfiguration(
                worker_type=WorkerType.G_1X, number_of_workers=stage.workers
            ),
            max_concurrent_runs=CONCURRENT_RUNS,
            timeout=timeout,
            security_configuration=security,
            default_arguments={
                "--datalake-formats": "iceberg",
                "--conf": chained(catalogue_settings(warehouse_uri)),
                **settings.to_arguments(),
            },
        )
        accept_wildcards(self.role, *S3_READ, *OBJECTS)
        self._allow_logs_and_metrics()
        self._allow_looking_after_leases()

    def _allow_looking_after_leases(self) -> None:
        """A run that finds a table's lease held asks whether its holder, a run too, goes on."""
        arn = Stack.of(self).format_arn(service="glue", resource="job", resource_name=self.name)
        self.role.add_to_policy(PolicyStatement(actions=["glue:GetJobRun"], resources=[arn]))

    def _allow_logs_and_metrics(self) -> None:
        stack = Stack.of(self)
        allow(
            self.role,
            PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:PutLogEvents",
                    "logs:AssociateKmsKey",
                ],
                resources=[
                    stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name="/aws-glue/jobs/*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
            ),
            Wildcard("log-group:/aws-glue/jobs/*", "Glue names its log groups and streams."),
        )
        allow(
            self.role,
            PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
            ),
            Wildcard("Resource::*", "Metrics have no ARN; the condition names the namespace."),
        )


def catalogue_settings(warehouse_uri: str) -> dict[str, str]:
    """Static Spark settings: Iceberg over the Glue Data Catalog, times in UTC."""
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
    }


def chained(settings: Mapping[str, str]) -> str:
    """Several Spark settings in Glue's one `--conf` argument: `a=b --conf c=d`."""
    return " --conf ".join(f"{name}={value}" for name, value in settings.items())
