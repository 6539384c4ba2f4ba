from __future__ import annotations

import json

from ministack.services import glue
from ministack.services.cloudformation import provisioners

from embedded_aws.spark.runs import INTERRUPTED
from tests.unit.support.glue import Glue


def test_a_run_gets_the_jobs_arguments_and_its_own_win(service: Glue) -> None:
    service.create(DefaultArguments={"--stage": "dev", "--run_id": "none", "--conf": "spark.a=1"})
    service.start(Arguments={"--run_id": "r1"})
    given = service.bench.queued[0].arguments
    assert given.argv[:4] == ("--stage", "dev", "--run_id", "r1")
    assert given.spark_conf == {"spark.a": "1"}


def test_arguments_that_cant_be_overridden_win_over_a_runs(service: Glue) -> None:
    service.create(NonOverridableArguments={"--stage": "prod"})
    service.start(Arguments={"--stage": "dev"})
    assert service.bench.queued[0].arguments.argv[:2] == ("--stage", "prod")


def test_a_run_that_nothing_has_run_yet_is_not_called_succeeded(service: Glue) -> None:
    service.create()
    assert service.run(service.start())["JobRunState"] == "STARTING"


def test_one_run_at_a_time_unless_the_job_says_otherwise(service: Glue) -> None:
    service.create()
    service.start()
    refused = service.call("StartJobRun", JobName="silver")
    assert refused["status"] == 400
    assert refused["__type"].endswith("ConcurrentRunsExceededException")
    service.bench.end("SUCCEEDED")
    assert service.start()


def test_max_concurrent_runs_counts_runs_that_have_not_ended(service: Glue) -> None:
    service.create(ExecutionProperty={"MaxConcurrentRuns": 2})
    service.start()
    service.start()
    assert service.call("StartJobRun", JobName="silver")["status"] == 400


def test_max_concurrent_runs_survives_an_update_of_the_job(service: Glue) -> None:
    service.create(ExecutionProperty={"MaxConcurrentRuns": 2})
    service.call("UpdateJob", JobName="silver", JobUpdate={"Role": "other"})
    service.start()
    assert service.start()


def test_cloudformation_hands_max_concurrent_runs_on(service: Glue) -> None:
    properties = {
        "Name": "gold",
        "Role": "r",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://a/b.py"},
        "ExecutionProperty": {"MaxConcurrentRuns": 3},
    }
    provisioners._glue_job_create("Gold", properties, "stack")
    job = service.call("GetJob", JobName="gold")["Job"]
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 3}


def test_a_conf_that_is_no_setting_is_refused_at_the_start(service: Glue) -> None:
    service.create(DefaultArguments={"--conf": "spark.a"})
    refused = service.call("StartJobRun", JobName="silver")
    assert refused["__type"].endswith("InvalidInputException")
    assert service.call("GetJobRuns", JobName="silver")["JobRuns"] == []


def test_an_unknown_job_or_run_is_not_found(service: Glue) -> None:
    service.create()
    for action, request in {
        "StartJobRun": {"JobName": "gone"},
        "GetJobRuns": {"JobName": "gone"},
        "GetJobRun": {"JobName": "silver", "RunId": "jr_gone"},
    }.items():
        answer = service.call(action, **request)
        assert answer["status"] == 400, action
        assert answer["__type"].endswith("EntityNotFoundException"), action


def test_runs_are_listed_newest_first_by_pages(service: Glue) -> None:
    service.create(ExecutionProperty={"MaxConcurrentRuns": 9})
    ids = [service.start() for _ in range(3)]
    first = service.call("GetJobRuns", JobName="silver", MaxResults=2)
    assert [run["Id"] for run in first["JobRuns"]] == [ids[2], ids[1]]
    rest = service.call("GetJobRuns", JobName="silver", NextToken=first["NextToken"])
    assert [run["Id"] for run in rest["JobRuns"]] == [ids[0]]
    assert "NextToken" not in rest


def test_a_failed_run_is_tried_again_as_often_as_the_job_says(service: Glue) -> None:
    service.create(MaxRetries=1)
    first = service.start(Arguments={"--run_id": "r1"})
    service.bench.end("FAILED", "boom")
    second = service.bench.queued[0]
    assert second.id == f"{first}_attempt_1"
    assert second.arguments.argv[:2] == ("--run_id", "r1")
    service.bench.end("FAILED", "boom again")
    assert service.bench.queued == []
    assert service.run(first)["ErrorMessage"] == "boom"


def test_a_stopped_run_is_not_tried_again(service: Glue) -> None:
    service.create(MaxRetries=1)
    run = service.start()
    service.call("BatchStopJobRun", JobName="silver", JobRunIds=[run])
    assert service.run(run)["JobRunState"] == "STOPPED"
    assert service.bench.queued == []


def test_stopping_answers_for_each_run(service: Glue) -> None:
    service.create()
    ended = service.start()
    service.bench.end("SUCCEEDED")
    live = service.start()
    request = {"JobName": "silver", "JobRunIds": [live, ended, "jr_gone"]}
    answer = service.call("BatchStopJobRun", **request)
    assert [one["JobRunId"] for one in answer["SuccessfulSubmissions"]] == [live]
    assert [one["JobRunId"] for one in answer["Errors"]] == [ended, "jr_gone"]
    assert service.bench.stopped == [live]


def test_runs_that_a_stopped_server_left_behind_have_failed(service: Glue) -> None:
    service.create()
    run = service.start()
    saved = json.loads(json.dumps({"job_runs": dict(glue._job_runs), "jobs": dict(glue._jobs)}))
    glue.load_persisted_state(saved)
    settled = service.run(run)
    assert (settled["JobRunState"], settled["ErrorMessage"]) == ("FAILED", INTERRUPTED)
    assert settled["CompletedOn"]


def test_python_shell_jobs_stay_with_ministack(service: Glue) -> None:
    service.create("shell", Command={"Name": "pythonshell", "ScriptLocation": ""})
    service.start("shell")
    assert service.bench.queued == []
