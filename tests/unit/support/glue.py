"""Glue's job actions, called as the server's router does, with a runner that runs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import glue

from embedded_aws.spark.api import GlueJobs
from embedded_aws.spark.runs import JobRun


class Bench:
    """Takes runs and ends them when a test says so."""

    def __init__(self) -> None:
        self.after: Callable[[JobRun], None] = lambda run: None
        self.queued: list[JobRun] = []
        self.stopped: list[str] = []

    def submit(self, run: JobRun) -> None:
        self.queued.append(run)

    def stop(self, run: JobRun) -> None:
        self.stopped.append(run.id)
        self.end("STOPPED")

    def end(self, state: str, error: str = "") -> JobRun:
        """End the oldest run."""
        run = self.queued.pop(0)
        run.ended(state, error)
        self.after(run)
        return run


class Glue:
    """Calls Glue as the server's router does."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.jobs = GlueJobs(bench)

    def call(self, action: str, **request: Any) -> dict[str, Any]:
        headers = {"x-amz-target": f"AWSGlue.{action}"}
        response = glue._handle_request_sync("POST", "/", headers, json.dumps(request).encode(), {})
        body: dict[str, Any] = json.loads(response[2])
        return body | {"status": response[0]}

    def create(self, name: str = "silver", **definition: Any) -> None:
        defaults = {
            "Name": name,
            "Role": "job-role",
            "GlueVersion": "5.1",
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://assets/silver.py"},
        }
        assert self.call("CreateJob", **(defaults | definition))["status"] == 200

    def start(self, name: str = "silver", **request: Any) -> str:
        return str(self.call("StartJobRun", JobName=name, **request)["JobRunId"])

    def run(self, run_id: str, name: str = "silver") -> dict[str, Any]:
        found: dict[str, Any] = self.call("GetJobRun", JobName=name, RunId=run_id)["JobRun"]
        return found
