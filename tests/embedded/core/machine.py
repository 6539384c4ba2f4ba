"""The embedded AWS as these tests drive it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from embedded_aws import supervisor
from embedded_aws.client import Endpoint
from embedded_aws.tools import Tools


class Machine:
    """One state directory and the server in it."""

    def __init__(self, root: Path) -> None:
        self.state = root / "state"
        self._jars = root / "jars"
        self.endpoint: Endpoint
        self._clients: dict[str, Any] = {}

    def start(self) -> Endpoint:
        """Start, with jars that satisfy the check for Spark, which nothing here runs."""
        self._jars.mkdir(exist_ok=True)
        for name in ("iceberg-spark-runtime.jar", "iceberg-aws-bundle.jar"):
            (self._jars / name).touch()
        tools = Tools.discover({"WEIR_SPARK_JARS": str(self._jars)})
        self.endpoint = supervisor.start(self.state, tools)
        self._clients.clear()
        return self.endpoint

    def stop(self) -> bool:
        """Stop in order."""
        return supervisor.stop(self.state)

    def erase(self) -> None:
        """Stop and wipe."""
        supervisor.erase(self.state)

    def client(self, service: str) -> Any:
        """A boto3 client with the account's own keys."""
        if service not in self._clients:
            session = boto3.Session("test", "test", region_name="us-east-1")
            self._clients[service] = session.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.endpoint.endpoint,
                verify=self.endpoint.ca_bundle,
                config=Config(retries={"total_max_attempts": 2}),
            )
        return self._clients[service]

    def deploy(self, stack: str, template: dict[str, Any]) -> None:
        """Create a stack and wait until it is complete."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        wait_until(lambda: not self.stack(stack)["StackStatus"].endswith("IN_PROGRESS"), 60)
        assert self.stack(stack)["StackStatus"] == "CREATE_COMPLETE", self.reasons(stack)

    def stack(self, stack: str) -> dict[str, Any]:
        """A stack as CloudFormation describes it."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return dict(found)

    def reasons(self, stack: str) -> list[str]:
        """Why resources of a stack failed."""
        events = self.client("cloudformation").describe_stack_events(StackName=stack)
        return [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}"
            for e in events["StackEvents"]
            if e["ResourceStatus"].endswith("FAILED") and e.get("ResourceStatusReason")
        ]

    def output(self, name: str, stack: str = "core") -> str:
        """An output of a stack."""
        outputs = self.stack(stack)["Outputs"]
        return str(next(o["OutputValue"] for o in outputs if o["OutputKey"] == name))

    def invoke(self, **event: Any) -> Any:
        """The worker function's answer, an error as Lambda reports it included."""
        answer = self.client("lambda").invoke(
            FunctionName=self.output("Worker"), Payload=json.dumps(event)
        )
        return json.loads(answer["Payload"].read())

    @contextmanager
    def key_granted(self) -> Iterator[None]:
        """Let the worker function read what is encrypted with the stack's key."""
        grant = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": self.output("KeyArn")}
        role = {"RoleName": self.output("WorkerRole"), "PolicyName": "key"}
        iam = self.client("iam")
        iam.put_role_policy(**role, PolicyDocument=json.dumps({"Statement": [grant]}))
        try:
            yield
        finally:
            iam.delete_role_policy(**role)

    def execute(self, machine: str, **given: Any) -> dict[str, Any]:
        """Run a state machine to its end."""
        states = self.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=self.output(machine), input=json.dumps(given))[
            "executionArn"
        ]
        return self.ended(arn)

    def ended(self, execution: str) -> dict[str, Any]:
        """An execution at its end, with its history."""
        states = self.client("stepfunctions")

        def described() -> dict[str, Any]:
            return dict(states.describe_execution(executionArn=execution))

        wait_until(lambda: described()["status"] != "RUNNING", 30)
        history = states.get_execution_history(executionArn=execution, maxResults=500)["events"]
        return described() | {"events": history}


def wait_until(condition: Callable[[], Any], seconds: float) -> Any:
    """What the condition gives once it holds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)
    return found
