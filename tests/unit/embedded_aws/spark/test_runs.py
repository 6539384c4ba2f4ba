from __future__ import annotations

import threading

from embedded_aws.spark.arguments import JobArguments
from embedded_aws.spark.runs import JobRun, new_record, retry_record, wait_for_change

JOB = {"Name": "silver", "Timeout": 60, "NumberOfWorkers": 2, "GlueVersion": "5.1"}


def new_run(**request: object) -> JobRun:
    record = new_record(JOB, request)
    arguments = JobArguments.of(given={}, script="", job_name="silver", run_id=record["Id"])
    return JobRun(record=record, job=JOB, arguments=arguments, account="0", region="r")


def test_a_runs_own_timeout_wins_over_its_jobs() -> None:
    assert new_run().timeout_seconds == 3600
    assert new_run(Timeout=1).timeout_seconds == 60


def test_an_ended_run_keeps_its_first_outcome() -> None:
    run = new_run()
    run.ended("STOPPED")
    run.ended("FAILED", "too late")
    assert run.record["JobRunState"] == "STOPPED"
    assert "ErrorMessage" not in run.record


def test_execution_time_counts_from_the_drivers_start() -> None:
    run = new_run()
    run.ended("FAILED", "no role")
    assert run.record["ExecutionTime"] == 0
    assert run.record["CompletedOn"] >= run.record["StartedOn"]


def test_waiting_ends_with_the_run() -> None:
    run = new_run()
    assert not wait_for_change(run.record, 0.01)
    ending = threading.Timer(0.05, run.ended, ["SUCCEEDED"])
    ending.start()
    assert wait_for_change(run.record, 10)
    ending.join()


def test_a_retry_is_a_run_of_its_own_that_names_its_predecessor() -> None:
    first = new_run(Arguments={"--run_id": "r1"})
    first.ended("FAILED", "boom")
    second = retry_record(first)
    assert second["PreviousRunId"] == first.id
    assert (second["Attempt"], second["JobRunState"]) == (1, "STARTING")
    assert second["Arguments"] == {"--run_id": "r1"}
    assert "ErrorMessage" not in second
    assert second["Id"] == f"{first.id}_attempt_1"
