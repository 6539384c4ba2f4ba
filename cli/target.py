"""The platform that a verb speaks to: the embedded one, or a stage in an AWS account."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.errors import InvalidRunInput, Problem, WeirError
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Run
from dataplatform.naming import WAREHOUSE_DATABASE, Names
from dataplatform.plans.model import PlatformPlan, SilverPlan
from dataplatform.suggestions import did_you_mean
from embedded_aws import supervisor
from embedded_aws.client import client_environment
from embedded_aws.errors import NotRunning
from embedded_aws.state import STATE_DIR_VARIABLE

ROOT = Path(__file__).resolve().parent.parent
"""The project: contracts, models and everything that is deployed."""

STATE = Path(os.environ.get(STATE_DIR_VARIABLE, ROOT / ".weir"))
"""The embedded platform's state; git ignores the usual place."""

EMBEDDED_STAGE = "dev"

LAST = "last"
"""What people write for the newest run's id."""


class NotDeployed(WeirError):
    """The stage has no stacks, or none that this verb needs."""


class UnknownRun(WeirError):
    """No run of that id is in the ledger; exit code 2."""


class NoCredentials(WeirError):
    """AWS can't be reached with the credentials at hand; exit code 4."""


@dataclass(frozen=True)
class Target:
    """A deployed stage, found by the outputs of its stacks."""

    stage: str
    embedded: bool

    @classmethod
    def choose(cls, stage: str | None) -> Target:
        """`--stage prod` is AWS; without it, the embedded platform.

        Raises:
            NotRunning: the embedded AWS isn't up.
        """
        if stage is not None:
            return cls(stage, embedded=False)
        if supervisor.status(STATE) is None:
            raise NotRunning(
                f"no embedded AWS is running in {STATE}",
                why="There is nothing to ask; what it held is kept.",
                remedy="Start it: ./weir up. For a stage in AWS: --stage dev",
            )
        os.environ.update(client_environment(STATE))
        return cls(EMBEDDED_STAGE, embedded=True)

    @property
    def names(self) -> Names:
        """Names of the stage."""
        return Names(self.stage)

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """Outputs of all stacks of the stage."""
        found: dict[str, str] = {}
        try:
            pages = boto3.client("cloudformation").get_paginator("describe_stacks").paginate()
            for page in pages:
                for stack in page["Stacks"]:
                    if stack["StackName"].startswith(self.names.stack("")):
                        for output in stack.get("Outputs", []):
                            found[output["OutputKey"]] = output["OutputValue"]
        except NoCredentialsError as error:
            raise NoCredentials(
                f"no AWS credentials: {error}",
                why=f"Stage {self.stage} can't be looked up.",
                remedy="Set AWS_PROFILE, or leave --stage out for the embedded platform.",
            ) from error
        except (BotoCoreError, ClientError) as error:
            raise NoCredentials(
                f"CloudFormation can't be asked: {error}",
                why=f"Stage {self.stage} can't be looked up.",
                remedy="Check the region and the credentials (aws sts get-caller-identity).",
            ) from error
        return found

    def output(self, key: str) -> str:
        """One output.

        Raises:
            NotDeployed: naming what is missing and the command that brings it.
        """
        if key not in self.outputs:
            on_aws = f"./weir cdk deploy --all -c stage={self.stage}"
            raise NotDeployed(
                f"stage {self.stage} has no stack output {key}",
                why="The platform isn't deployed there, or only in part.",
                remedy="Run ./weir up" if self.embedded else f"Run {on_aws}",
            )
        return self.outputs[key]

    @cached_property
    def ledger(self) -> Ledger:
        """The stage's ledger."""
        return Ledger.connect(self.output("LedgerTable"))

    @cached_property
    def plan(self) -> PlatformPlan:
        """The plan that is deployed, which may be older than the one in the working tree."""
        return load_plan(self.output("PlansUri"))

    @cached_property
    def warehouse(self) -> Warehouse:
        """The stage's warehouse, as the caller's own IAM identity."""
        return Warehouse(
            boto3.client("redshift-data"), self.output("WorkgroupName"), WAREHOUSE_DATABASE
        )

    def run(self, run_id: str) -> Run:
        """One run; `last` is the newest.

        Raises:
            UnknownRun: the ledger has none of that id.
        """
        if run_id == LAST and (newest := self.ledger.runs(1)):
            return newest[0]
        try:
            return self.ledger.run(run_id)
        except KeyError:
            raise UnknownRun(
                f"no run {run_id} in stage {self.stage}",
                why="There is nothing to show.",
                remedy="Runs: ./weir status; start one: ./weir run",
            ) from None

    def client(self, service: str) -> Any:
        """A boto3 client of the target."""
        return boto3.client(service)  # type: ignore[call-overload]


def dataset_of(deployed: PlatformPlan, name: str) -> SilverPlan:
    """The plan of a dataset that a person has named.

    Raises:
        InvalidRunInput: nothing of that name is deployed; with what is.
    """
    known = [plan.dataset for plan in deployed.datasets]
    if name in known:
        return deployed.dataset(name)
    problem = Problem(
        file=f"stage {deployed.stage}",
        line=None,
        field="DATASET",
        found=json.dumps(name),
        expected=f"a dataset that is deployed: {', '.join(known) or 'there is none'}",
        remedy=did_you_mean(name, known)
        or "Write its contract: ./weir new dataset; then ./weir up",
    )
    raise InvalidRunInput([problem], why="Nothing was read or started.")
