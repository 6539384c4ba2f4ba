"""A project of a benchmark's own: this code with other contracts, and a platform of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import psutil

from benchmarks.measure import ROOT
from cli import local
from cli.target import EMBEDDED_STAGE, Target
from dataplatform.naming import Zone
from embedded_aws.client import isolated_environment
from embedded_aws.processes import Processes
from embedded_aws.spark.settings import JVM_OPTIONS_VARIABLE
from embedded_aws.state import STATE_DIR_VARIABLE, StateDir
from embedded_aws.supervisor import SERVER

_JVM = "org.apache.spark.api.python.PythonGatewayServer"
_ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Execution:
    """An execution that succeeded, with what its states took.

    states: seconds by state, from its first entry to its last exit.
    entered: when each was entered first, in seconds since 1970.
    """

    arn: str
    states: dict[str, float]
    entered: dict[str, float]

    def seconds(self, *names: str) -> float:
        """Seconds of the states of these names that were entered; 0 of those that weren't."""
        return sum(self.states.get(name, 0.0) for name in names)


@dataclass(frozen=True)
class Project:
    """A copy of this project with other contracts, and its embedded platform.

    jvm_options: of Spark's JVM, instead of a laptop's; "" for those.
    """

    root: Path
    state: Path
    jvm_options: str = ""

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
        if self.jvm_options:
            environment[JVM_OPTIONS_VARIABLE] = self.jvm_options
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

    def run(self, *, until: str = "", **given: Any) -> Execution:
        """Run the pipeline to its end, or until it leaves a state, whereupon it is stopped.

        Batches are audited as ever, but not held where they are ten times as large as those before.

        Raises:
            RuntimeError: it didn't succeed.
        """
        states = boto3.client("stepfunctions")
        given["accept"] = [dataset.dataset for dataset in self.target.plan.datasets]
        arn = states.start_execution(
            stateMachineArn=self.target.output("PipelineArn"), input=json.dumps(given)
        )["executionArn"]
        while (found := states.describe_execution(executionArn=arn))["status"] not in _ENDED:
            if until and until in (done := _execution(states, arn)).states:
                states.stop_execution(executionArn=arn)
                return done
            time.sleep(_POLL_SECONDS)
        if found["status"] != "SUCCEEDED":
            raise RuntimeError(f"{arn}: {found['status']} {found.get('cause', '')[:2000]}")
        return _execution(states, arn)

    def end_spark(self) -> None:
        """End the warm JVM, which no job uses, so that the next job starts one, as Glue would.

        Its parent takes notice with the next job: until then it is a zombie, which is no JVM.
        """
        if jvm := self.spark():
            jvm.kill()
            while self.spark():
                time.sleep(_POLL_SECONDS)

    def spark(self) -> psutil.Process | None:
        """The JVM that runs Spark jobs, where one runs."""
        server = Processes(StateDir.at(self.state)).find(SERVER)
        for process in server.session() if server else ():
            with suppress(psutil.NoSuchProcess):
                if _JVM in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    return process
        return None


@contextmanager
def project(
    *contracts: Path, models: Sequence[Path] = (), jvm_options: str = ""
) -> Iterator[Project]:
    """A project with these contracts and gold models alone; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        root = Path(scratch) / "project"
        for name in _tracked():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
        for model in models:
            place = root / "models" / "bench" / Zone.GOLD
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(model, place)
        (root / "models").mkdir(exist_ok=True)
        (root / "contracts" / "bench").mkdir(parents=True)
        for contract in contracts:
            shutil.copy2(contract, root / "contracts" / "bench" / contract.name)
        made = Project(root, Path(scratch) / "state", jvm_options)
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


def _execution(states: Any, arn: str) -> Execution:
    entered: dict[str, float] = {}
    taken: dict[str, float] = {}
    for page in states.get_paginator("get_execution_history").paginate(executionArn=arn):
        for event in page["events"]:
            at = event["timestamp"].timestamp()
            if name := event.get("stateEnteredEventDetails", {}).get("name"):
                entered.setdefault(name, at)
            if name := event.get("stateExitedEventDetails", {}).get("name"):
                taken[name] = at - entered[name]
    return Execution(arn=arn, states=taken, entered=entered)
