"""An embedded AWS with one Glue job, whose script does what it is told: no stack, no pipeline."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import Any

import boto3
import psutil

from embedded_aws.client import Endpoint
from stacks.assets import spark_code

LIVE = {"STARTING", "RUNNING", "STOPPING"}
SECONDS = 240.0
CONF = {
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.glue_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.glue_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "spark.sql.catalog.glue_catalog.warehouse": "s3://lake/warehouse",
}
SCRIPT = """
import json, os, sys, time
import boto3
from pyspark.sql import SparkSession
from glue_jobs.snapshot_properties import commit_with
from shipped import GREETING

given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
spark = SparkSession.builder.getOrCreate()
leaked = spark.conf.get("spark.weir.leak", "")
spark.conf.set("spark.weir.leak", "leaked")
act = given["--act"]
if act == "fail":
    raise ValueError("bad thing")
if act == "die":
    os._exit(7)
if act == "compute":
    print("computing", flush=True)
    spark.range(10**13).selectExpr("sum(id * id % 7)").collect()
if act == "audit":
    from glue_jobs.tables import count_rows, publish
    name = "glue_catalog.db.audited"
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.db")
    spark.sql(f"CREATE TABLE {name} (id BIGINT) USING iceberg")
    spark.sql(f"ALTER TABLE {name} CREATE BRANCH audit")
    spark.sql(f"INSERT INTO {name}.branch_audit VALUES (1)")
    publish(spark, "db.audited", write=lambda branch: spark.sql(f"INSERT INTO {branch} VALUES (2)"),
            properties={}, expected_rows=lambda before: before + 1, base=None)
    ids = [row.id for row in spark.sql(f"SELECT id FROM {name}").collect()]
    boto3.client("s3").put_object(Bucket="lake", Key="told.json", Body=json.dumps(ids))
    sys.exit(0)
if act == "forbidden":
    boto3.client("s3").put_object(Bucket="private", Key="x", Body=b"")
name = "glue_catalog.db.rows"
spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.db")
spark.sql(f"CREATE TABLE IF NOT EXISTS {name} (id BIGINT, run STRING) USING iceberg")
run = given["--JOB_RUN_ID"]
merge = (f"MERGE INTO {name} t USING (SELECT id, '{run}' AS run FROM range(10)) s "
          "ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
commit_with(spark, {"weir.batches": run}, lambda: spark.sql(merge))
spark.sql(f"INSERT INTO {name} VALUES (-1, '~')")
spark.sql(f"DELETE FROM {name} WHERE id = -1")
summaries = spark.sql(f"SELECT summary FROM {name}.snapshots ORDER BY committed_at DESC").collect()
told = {
    "rows": [list(row) for row in spark.sql(f"SELECT count(*), min(run) FROM {name}").collect()],
    "caller": boto3.client("sts").get_caller_identity()["Arn"],
    "greeting": GREETING,
    "leaked": leaked,
    "batches": [row.summary.get("weir.batches") for row in summaries[:3]],
    "argv": sys.argv[1:],
}
boto3.client("s3").put_object(Bucket="lake", Key="told.json", Body=json.dumps(told))
if act == "stop":
    spark.stop()
"""


@dataclass
class Cloud:
    """An embedded AWS with two buckets, a job and its role."""

    session: boto3.session.Session
    endpoint: Endpoint

    def client(self, service: str) -> Any:
        return self.session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint.endpoint,
            verify=self.endpoint.ca_bundle,
        )

    def start(self, act: str, **request: Any) -> str:
        arguments = {"JobName": "job", "Arguments": {"--act": act}} | request
        return str(self.client("glue").start_job_run(**arguments)["JobRunId"])

    def run(self, run_id: str) -> dict[str, Any]:
        found = self.client("glue").get_job_run(JobName="job", RunId=run_id)
        run: dict[str, Any] = found["JobRun"]
        return run

    def until(self, run_id: str, *states: str) -> dict[str, Any]:
        """Wait until the run is in one of the states, or has ended where none is given."""
        deadline = time.monotonic() + SECONDS
        while True:
            run = self.run(run_id)
            if run["JobRunState"] in states or not (states or run["JobRunState"] in LIVE):
                return run
            assert time.monotonic() < deadline, run
            time.sleep(0.1)

    def done(self, act: str, **request: Any) -> dict[str, Any]:
        return self.until(self.start(act, **request))

    def told(self) -> Any:
        body = self.client("s3").get_object(Bucket="lake", Key="told.json")["Body"]
        return json.load(body)

    def log(self, kind: str, run_id: str) -> str:
        answer = self.client("logs").get_log_events(
            logGroupName=f"/aws-glue/jobs/{kind}", logStreamName=run_id, startFromHead=True
        )
        return "\n".join(event["message"] for event in answer["events"])

    def processes(self) -> list[psutil.Process]:
        """The JVM and drivers: what the server started."""
        return psutil.Process(self.endpoint.pid).children(recursive=True)


def prepare(cloud: Cloud) -> None:
    """Make the buckets, the job and its role."""
    s3, iam, glue = (cloud.client(name) for name in ("s3", "iam", "glue"))
    for bucket in ("code", "lake", "private"):
        s3.create_bucket(Bucket=bucket)
    shipped = io.BytesIO(spark_code().read_bytes())
    with zipfile.ZipFile(shipped, "a") as archive:
        archive.writestr("shipped.py", "GREETING = 'from the zip'")
    s3.put_object(Bucket="code", Key="shipped.zip", Body=shipped.getvalue())
    s3.put_object(Bucket="code", Key="script.py", Body=SCRIPT.encode())
    own = role(
        iam,
        "job-role",
        "glue.amazonaws.com",
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::code/*"},
        {"Action": "s3:*", "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]},
        {"Action": "glue:*", "Resource": "*"},
    )
    glue.create_job(
        Name="job",
        Role=own,
        GlueVersion="5.1",
        Command={"Name": "glueetl", "ScriptLocation": "s3://code/script.py", "PythonVersion": "3"},
        ExecutionProperty={"MaxConcurrentRuns": 2},
        DefaultArguments={
            "--extra-py-files": "s3://code/shipped.zip",
            "--datalake-formats": "iceberg",
            "--conf": " --conf ".join(f"{name}={value}" for name, value in CONF.items()),
            "--dataset": "stores",
        },
    )


def role(iam: Any, name: str, service: str, *statements: dict[str, Any]) -> str:
    """A role for a service, with what it may do; its ARN."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    version = {"Version": "2012-10-17"}
    document = json.dumps(version | {"Statement": [trust]})
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    allowed = [{"Effect": "Allow"} | statement for statement in statements]
    document = json.dumps(version | {"Statement": allowed})
    iam.put_role_policy(RoleName=name, PolicyName="job", PolicyDocument=document)
    return str(made["Arn"])
