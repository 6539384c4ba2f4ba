"""Glue's Spark jobs in the embedded AWS, alone: no stack is deployed, no pipeline runs.

Asserted on what a job wrote, not on its state: MiniStack's own Glue says SUCCEEDED without running.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from embedded_aws import supervisor
from embedded_aws.client import REGION, Endpoint
from stacks.assets import spark_code

pytestmark = pytest.mark.embedded

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
            properties={}, expected_rows=lambda before: before + 1)
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


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state: Path = tmp_path_factory.mktemp("glue") / "state"
    endpoint = supervisor.start(state)
    session = boto3.session.Session("test", "test", region_name=REGION)
    cloud = Cloud(session, endpoint)
    _prepare(cloud)
    yield cloud
    left = cloud.processes()
    supervisor.erase(state)
    assert not [process for process in left if process.is_running()]


def _prepare(cloud: Cloud) -> None:
    s3, iam, glue = (cloud.client(name) for name in ("s3", "iam", "glue"))
    for bucket in ("code", "lake", "private"):
        s3.create_bucket(Bucket=bucket)
    shipped = io.BytesIO(spark_code().read_bytes())
    with zipfile.ZipFile(shipped, "a") as archive:
        archive.writestr("shipped.py", "GREETING = 'from the zip'")
    s3.put_object(Bucket="code", Key="shipped.zip", Body=shipped.getvalue())
    s3.put_object(Bucket="code", Key="script.py", Body=SCRIPT.encode())
    role = _role(
        iam,
        "job-role",
        "glue.amazonaws.com",
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::code/*"},
        {"Action": "s3:*", "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]},
        {"Action": "glue:*", "Resource": "*"},
    )
    glue.create_job(
        Name="job",
        Role=role,
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


def _role(iam: Any, name: str, service: str, *statements: dict[str, Any]) -> str:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    version = {"Version": "2012-10-17"}
    document = json.dumps(version | {"Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    allowed = [{"Effect": "Allow"} | statement for statement in statements]
    document = json.dumps(version | {"Statement": allowed})
    iam.put_role_policy(RoleName=name, PolicyName="job", PolicyDocument=document)
    return str(role["Arn"])


def test_a_run_merges_rows_with_its_roles_credentials(cloud: Cloud) -> None:
    run = cloud.done("merge")
    assert run["JobRunState"] == "SUCCEEDED", run
    told = cloud.told()
    assert told["rows"] == [[10, run["Id"]]]
    assert ":assumed-role/job-role/" in told["caller"]
    assert told["greeting"] == "from the zip"
    assert told["argv"][:4] == ["--dataset", "stores", "--act", "merge"]
    assert run["CompletedOn"] >= run["StartedOn"]


def test_a_merge_carries_its_properties_and_the_next_commits_do_not(cloud: Cloud) -> None:
    run = cloud.done("merge")
    assert cloud.told()["batches"] == [None, None, run["Id"]]


def test_what_a_killed_job_had_staged_on_an_empty_table_is_staged_anew(cloud: Cloud) -> None:
    run = cloud.done("audit")
    assert run["JobRunState"] == "SUCCEEDED", run
    assert cloud.told() == [2]


def test_jobs_share_a_jvm_and_nothing_else(cloud: Cloud) -> None:
    cloud.done("stop")
    before = {process.pid for process in cloud.processes()}
    assert cloud.done("merge")["JobRunState"] == "SUCCEEDED"
    assert cloud.told()["leaked"] == ""
    assert before & {process.pid for process in cloud.processes()}


def test_a_script_that_raises_fails_with_its_last_line_and_logs_its_traceback(
    cloud: Cloud,
) -> None:
    run = cloud.done("fail")
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: bad thing")
    assert "Traceback" in cloud.log("error", run["Id"])


def test_what_the_role_does_not_allow_the_job_cannot_do(cloud: Cloud) -> None:
    run = cloud.done("forbidden")
    assert run["JobRunState"] == "FAILED"
    assert "AccessDenied" in run["ErrorMessage"]
    assert "KeyCount" not in cloud.client("s3").list_objects_v2(Bucket="private").get(
        "Contents", {}
    )


def test_a_driver_that_dies_fails_its_run_and_not_the_next(cloud: Cloud) -> None:
    run = cloud.done("die")
    assert run["ErrorMessage"] == "Command failed with exit code 7"
    assert cloud.done("merge")["JobRunState"] == "SUCCEEDED"


def test_stopping_a_run_ends_its_processes(cloud: Cloud) -> None:
    run = cloud.start("compute")
    queued = cloud.start("merge")
    cloud.until(run, "RUNNING")
    at_work = cloud.processes()
    cloud.client("glue").batch_stop_job_run(JobName="job", JobRunIds=[run])
    assert cloud.until(run)["JobRunState"] == "STOPPED"
    assert not [process for process in at_work if process.is_running()]
    assert cloud.until(queued)["JobRunState"] == "SUCCEEDED"


def test_a_run_that_waits_is_stopped_at_once(cloud: Cloud) -> None:
    busy, waiting = cloud.start("compute"), cloud.start("merge")
    stop = {"JobName": "job", "JobRunIds": [waiting]}
    cloud.client("glue").batch_stop_job_run(**stop)
    assert cloud.run(waiting)["JobRunState"] == "STOPPED"
    cloud.client("glue").batch_stop_job_run(JobName="job", JobRunIds=[busy])
    cloud.until(busy)


def test_a_state_machine_starts_a_job_and_awaits_it(cloud: Cloud) -> None:
    states, iam = cloud.client("stepfunctions"), cloud.client("iam")
    role = _role(iam, "machine-role", "states.amazonaws.com", {"Action": "glue:*", "Resource": "*"})
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": "job", "Arguments": {"--act": "merge"}},
        "End": True,
    }
    machine = states.create_state_machine(
        name="machine",
        roleArn=role,
        definition=json.dumps({"StartAt": "Job", "States": {"Job": task}}),
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + SECONDS
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["Id"] == cloud.told()["rows"][0][1]
