"""Glue's job actions, with runs that really run; MiniStack keeps the jobs' definitions."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, Final, Protocol

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import glue

from embedded_aws.spark.arguments import JobArguments
from embedded_aws.spark.runs import INTERRUPTED, RUNNING, JobRun, new_record, retry_record

Response = tuple[int, dict[str, str], bytes]
Action = Callable[[dict[str, Any]], Response]

_KEPT_BY_US: Final = ("ExecutionProperty", "JobMode", "ExecutionClass", "JobRunQueuingEnabled")
"""Fields of a job's definition that MiniStack drops."""


class Runner(Protocol):
    """What runs jobs: `JobRunner`, or a test's."""

    after: Callable[[JobRun], None]

    def submit(self, run: JobRun) -> None:
        """Queue a run."""

    def stop(self, run: JobRun) -> None:
        """End a run."""


class GlueJobs:
    """Start, look at and stop runs of Spark jobs.

    Args:
        runner: runs them, and calls its `after` when one has ended.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        runner.after = self._settle
        self._live: dict[str, JobRun] = {}
        self._stock: dict[str, Action] = {}

    def install(self) -> None:
        """Take the place of MiniStack's own actions."""
        for name, ours in {
            "_create_job": self.create_job,
            "_update_job": self.update_job,
            "_start_job_run": self.start_job_run,
            "_get_job_run": self.get_job_run,
            "_get_job_runs": self.get_job_runs,
            "_batch_stop_job_run": self.batch_stop_job_run,
        }.items():
            self._stock[name] = getattr(glue, name)
            setattr(glue, name, ours)
        restore = glue._restore_state

        def restore_and_settle(data: dict[str, Any]) -> None:
            restore(data)
            settle_interrupted()

        glue._restore_state = restore_and_settle
        _let_cloudformation_pass(_KEPT_BY_US)

    def create_job(self, data: dict[str, Any]) -> Response:
        """CreateJob; no JVM starts before a run: most runs of the pipeline need no Spark."""
        response = self._stock["_create_job"](data)
        if response[0] < 400:
            self._keep(data["Name"], data)
        return response

    def update_job(self, data: dict[str, Any]) -> Response:
        """UpdateJob."""
        response = self._stock["_update_job"](data)
        if response[0] < 400:
            self._keep(data["JobName"], data.get("JobUpdate") or {})
        return response

    def start_job_run(self, data: dict[str, Any]) -> Response:
        """StartJobRun."""
        name = data.get("JobName")
        job = glue._jobs.get(name)
        if job is None:
            return _refuse("EntityNotFoundException", f"Job {name} not found")
        if not glue._is_spark_job(job):
            return self._stock["_start_job_run"](data)
        runs = glue._job_runs.setdefault(name, [])
        limit = int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
        if sum(run["JobRunState"] in RUNNING for run in runs) >= limit:
            return _refuse(
                "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}"
            )
        record = new_record(job, data)
        try:
            self._submit(record, job)
        except ValueError as error:
            return _refuse("InvalidInputException", str(error))
        return json_response({"JobRunId": record["Id"]})

    def get_job_run(self, data: dict[str, Any]) -> Response:
        """GetJobRun."""
        record = find_run(data.get("JobName"), data.get("RunId"))
        if record is None:
            return _refuse("EntityNotFoundException", f"Job run {data.get('RunId')} not found")
        return json_response({"JobRun": record})

    def get_job_runs(self, data: dict[str, Any]) -> Response:
        """GetJobRuns: the newest first, by pages."""
        if data.get("JobName") not in glue._jobs:
            return _refuse("EntityNotFoundException", f"Job {data.get('JobName')} not found")
        runs = list(reversed(glue._job_runs.get(data["JobName"], [])))
        start = int(data.get("NextToken") or 0)
        end = start + int(data.get("MaxResults") or 200)
        answer: dict[str, Any] = {"JobRuns": runs[start:end]}
        if end < len(runs):
            answer["NextToken"] = str(end)
        return json_response(answer)

    def batch_stop_job_run(self, data: dict[str, Any]) -> Response:
        """BatchStopJobRun: kills the driver; the run is STOPPING until that is done."""
        name = data.get("JobName")
        stopped, errors = [], []
        for run_id in data.get("JobRunIds", []):
            record = find_run(name, run_id)
            run = self._live.get(run_id)
            if record is None:
                errors.append(_stop_error(name, run_id, "EntityNotFoundException", "not found"))
            elif run is None or record["JobRunState"] not in RUNNING:
                state = f"is in state {record['JobRunState']}"
                errors.append(_stop_error(name, run_id, "InvalidInputException", state))
            else:
                self.runner.stop(run)
                stopped.append({"JobName": name, "JobRunId": run_id})
        return json_response({"SuccessfulSubmissions": stopped, "Errors": errors})

    def _submit(self, record: dict[str, Any], job: dict[str, Any]) -> None:
        given = {
            **(job.get("DefaultArguments") or {}),
            **record["Arguments"],
            **(job.get("NonOverridableArguments") or {}),
        }
        run = JobRun(
            record=record,
            job=copy.deepcopy(job),
            arguments=JobArguments.of(
                given=given,
                script=(job.get("Command") or {}).get("ScriptLocation", ""),
                job_name=job["Name"],
                run_id=record["Id"],
            ),
            account=get_account_id(),
            region=get_region(),
        )
        glue._job_runs.setdefault(job["Name"], []).append(record)
        self._live[run.id] = run
        self.runner.submit(run)

    def _settle(self, run: JobRun) -> None:
        """After a run's end: forget it, and start its next attempt if it has one."""
        self._live.pop(run.id, None)
        attempts = int(run.job.get("MaxRetries") or 0)
        failed = run.record["JobRunState"] == "FAILED"
        if failed and int(run.record["Attempt"]) < attempts and run.job["Name"] in glue._jobs:
            self._submit(retry_record(run), dict(run.job))

    def _keep(self, name: str, definition: dict[str, Any]) -> None:
        job = glue._jobs[name]
        job.update({field: definition[field] for field in _KEPT_BY_US if field in definition})


def find_run(job_name: str | None, run_id: str | None) -> dict[str, Any] | None:
    """The record of a run, live or past."""
    runs: list[dict[str, Any]] = glue._job_runs.get(job_name, [])
    return next((run for run in runs if run["Id"] == run_id), None)


def settle_interrupted() -> None:
    """After a restart: runs that were under way when the server ended have failed."""
    for runs in glue._job_runs.all_values():
        for record in runs:
            if record["JobRunState"] in RUNNING:
                record.update(
                    JobRunState="FAILED",
                    ErrorMessage=INTERRUPTED,
                    CompletedOn=record["LastModifiedOn"],
                )


def _let_cloudformation_pass(fields: tuple[str, ...]) -> None:
    """CloudFormation's provisioner hands on only the fields in this table of defaults."""
    from ministack.services.cloudformation import provisioners

    defaults = {"ExecutionProperty": {"MaxConcurrentRuns": 1}, "JobRunQueuingEnabled": False}
    for name in fields:
        provisioners._GLUE_JOB_DEFAULTS.setdefault(name, defaults.get(name, ""))


def _refuse(code: str, message: str) -> Response:
    return error_response_json(code, message, 400)


def _stop_error(job: str | None, run_id: str, code: str, what: str) -> dict[str, Any]:
    detail = {"ErrorCode": code, "ErrorMessage": f"Run {run_id} {what}"}
    return {"JobName": job, "JobRunId": run_id, "ErrorDetail": detail}


def answer(response: Response) -> dict[str, Any]:
    """The body of a response as a dict."""
    body: dict[str, Any] = json.loads(response[2] or b"{}")
    return body
