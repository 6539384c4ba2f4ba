"""Glue's Spark jobs in the embedded AWS, alone: no stack is deployed, no pipeline runs.

Asserted on what a job wrote, not on its state: MiniStack's own Glue says SUCCEEDED without running.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from embedded_aws import supervisor
from embedded_aws.client import REGION
from tests.embedded.glue_cloud import SECONDS, Cloud, prepare, role

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state: Path = tmp_path_factory.mktemp("glue") / "state"
    endpoint = supervisor.start(state)
    session = boto3.session.Session("test", "test", region_name=REGION)
    cloud = Cloud(session, endpoint)
    prepare(cloud)
    yield cloud
    left = cloud.processes()
    supervisor.erase(state)
    assert not [process for process in left if process.is_running()]


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
    own = role(iam, "machine-role", "states.amazonaws.com", {"Action": "glue:*", "Resource": "*"})
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": "job", "Arguments": {"--act": "merge"}},
        "End": True,
    }
    machine = states.create_state_machine(
        name="machine",
        roleArn=own,
        definition=json.dumps({"StartAt": "Job", "States": {"Job": task}}),
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + SECONDS
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["Id"] == cloud.told()["rows"][0][1]
