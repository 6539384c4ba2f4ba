"""A project of a benchmark's own: this code with other contracts, and a platform of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from benchmarks.measure import ROOT
from cli import local
from cli.target import EMBEDDED_STAGE, Target
from embedded_aws.client import isolated_environment
from embedded_aws.processes import Processes
from embedded_aws.state import STATE_DIR_VARIABLE, StateDir

_ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Execution:
    """An execution that succeeded: its input, and the seconds that each state took."""

    arn: str
    states: dict[str, float]

    def seconds(self, *names: str) -> float:
        """Seconds of the states of these names that were entered; 0 of those that weren't."""
        return sum(self.states.get(name, 0.0) for name in names)


@dataclass(frozen=True)
class Project:
    """A copy of this project with other contracts, and its embedded platform."""

    root: Path
    state: Path

    @cached_property
    def target(self) -> Target:
        """The deployed stage."""
        return Target(EMBEDDED_STAGE, embedded=True)

    def weir(self, *arguments: str) -> None:
        """Run `./weir …` of this project.

        Raises:
            RuntimeError: it failed; with the end of what it said.
        """
        environment = {**os.environ, STATE_DIR_VARIABLE: str(self.state)}
        done = subprocess.run(
            [str(self.root / "weir"), *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"weir {arguments} → {done.returncode}\n{done.stderr[-2000:]}")

    def up(self) -> None:
        """Deploy and point this process at what runs then."""
        self.weir("up")
        os.environ.update(isolated_environment(self.state))

    def land(self, dataset: str, files: list[Path]) -> None:
        """Put files into landing and wait until the ledger has them."""
        local.land(self.target, [(dataset, path) for path in files])

    def run(self, **given: Any) -> Execution:
        """Run the pipeline to its end.

        Raises:
            RuntimeError: it didn't succeed.
        """
        states = boto3.client("stepfunctions")
        arn = states.start_execution(
            stateMachineArn=self.target.output("PipelineArn"), input=json.dumps(given)
        )["executionArn"]
        while (found := states.describe_execution(executionArn=arn))["status"] not in _ENDED:
            time.sleep(_POLL_SECONDS)
        if found["status"] != "SUCCEEDED":
            raise RuntimeError(f"{arn}: {found['status']} {found.get('cause', '')[:2000]}")
        return Execution(arn=arn, states=_seconds(states, arn))

    def forget_spark(self) -> None:
        """End the warm JVM, so that the next job starts one, as Glue would."""
        processes = Processes(StateDir.at(self.state))
        for record in processes.records():
            if "spark" in record.name:
                processes.stop(record, seconds=30)


@contextmanager
def project(*contracts: Path) -> Iterator[Project]:
    """A project with these contracts alone and no models; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        root = Path(scratch) / "project"
        for name in _tracked():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
        (root / "models").mkdir()
        (root / "contracts" / "bench").mkdir(parents=True)
        for contract in contracts:
            shutil.copy2(contract, root / "contracts" / "bench" / contract.name)
        made = Project(root, Path(scratch) / "state")
        before = dict(os.environ)
        try:
            yield made
        finally:
            os.environ.clear()
            os.environ.update(before)
            made.weir("down", "--erase", "--yes")


def _tracked() -> list[str]:
    """Files of this project that a deployment needs, without its contracts and models."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = filter(None, listed.stdout.decode().split("\0"))
    others = ("contracts/", "models/", "tests/")
    return [name for name in names if not name.startswith(others) and (ROOT / name).is_file()]


def _seconds(states: Any, arn: str) -> dict[str, float]:
    """Seconds by state's name, from its first entry to its last exit."""
    entered: dict[str, datetime] = {}
    taken: dict[str, float] = {}
    for page in states.get_paginator("get_execution_history").paginate(executionArn=arn):
        for event in page["events"]:
            if name := event.get("stateEnteredEventDetails", {}).get("name"):
                entered.setdefault(name, event["timestamp"])
            if name := event.get("stateExitedEventDetails", {}).get("name"):
                taken[name] = (event["timestamp"] - entered[name]).total_seconds()
    return taken
