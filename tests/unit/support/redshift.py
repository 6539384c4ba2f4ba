"""A MiniStack with the Redshift plug-in in a process of its own, and a warehouse in it."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[3]
REGION = "us-east-1"
DEADLINE = 60.0


class Server:
    """A server process over one state directory; it can be stopped and started again."""

    def __init__(self, state: Path) -> None:
        self.state = state
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.state / "data").mkdir(parents=True, exist_ok=True)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "WEIR_STATE_DIR": str(self.state),
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state / "data" / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "data" / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self.state}/no-docker.sock",
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "NO_PROXY": "127.0.0.1",
        }
        with (self.state / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    str(Path(__file__).with_name("redshift_server.py")),
                    str(self.port),
                ],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + DEADLINE
        while not self._healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.state / "server.log").read_text()[-4000:])
            time.sleep(0.05)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(DEADLINE)
            self.process = None

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        chosen = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        make: Any = boto3.client  # typed by service name, which varies here
        return make(service, endpoint_url=self.url, region_name=REGION, **chosen)


class Warehouse:
    """A namespace with a workgroup, a bucket, and a role that may read `allowed/` in it."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.bucket = f"{name}-bucket"
        self.s3 = server.client("s3")
        self.control = server.client("redshift-serverless")
        self.data = server.client("redshift-data")
        self.s3.create_bucket(Bucket=self.bucket)
        self.role = self.create_role(
            f"{name}-copy",
            [
                allow("s3:GetObject", f"arn:aws:s3:::{self.bucket}/allowed/*"),
                allow("s3:ListBucket", f"arn:aws:s3:::{self.bucket}"),
            ],
            service="redshift-serverless.amazonaws.com",
        )
        namespace = self.control.create_namespace(
            namespaceName=name,
            dbName="warehouse",
            manageAdminPassword=True,
            iamRoles=[self.role],
            defaultIamRoleArn=self.role,
        )["namespace"]
        self.namespace_arn = namespace["namespaceArn"]
        self.secret = namespace["adminPasswordSecretArn"]
        workgroup = self.control.create_workgroup(
            workgroupName=name, namespaceName=name, baseCapacity=4
        )["workgroup"]
        self.workgroup_arn = workgroup["workgroupArn"]

    def create_role(
        self, name: str, statements: list[dict[str, str]], service: str = "lambda.amazonaws.com"
    ) -> str:
        iam = self.server.client("iam")
        trust = {**allow("sts:AssumeRole"), "Principal": {"Service": service}}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(statements))
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])

    def as_role(self, arn: str) -> Any:
        """A Data API client with the role's session."""
        session = self.server.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
        keys = session["Credentials"]
        return self.server.client(
            "redshift-data",
            {
                "aws_access_key_id": keys["AccessKeyId"],
                "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys["SessionToken"],
            },
        )

    def submit(
        self, *statements: str, client: Any = None, batch: bool | None = None, **more: Any
    ) -> str:
        """As the administrator; with a client, as that client's own identity."""
        login = {} if client else {"SecretArn": self.secret}
        target = {"WorkgroupName": self.name, "Database": "warehouse", **login, **more}
        data = client or self.data
        if len(statements) > 1 or batch:
            return str(data.batch_execute_statement(Sqls=list(statements), **target)["Id"])
        return str(data.execute_statement(Sql=statements[0], **target)["Id"])

    def wait(self, identifier: str, client: Any = None) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE
        while True:
            state: dict[str, Any] = (client or self.data).describe_statement(Id=identifier)
            if state["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                return state
            if time.monotonic() > deadline:
                raise TimeoutError(state)
            time.sleep(0.02)

    def run(self, *statements: str, client: Any = None, **more: Any) -> dict[str, Any]:
        return self.wait(self.submit(*statements, client=client, **more), client)

    def must(self, *statements: str, client: Any = None, **more: Any) -> dict[str, Any]:
        state = self.run(*statements, client=client, **more)
        assert state["Status"] == "FINISHED", state.get("Error")
        return state

    def error(self, *statements: str, client: Any = None, **more: Any) -> str:
        state = self.run(*statements, client=client, **more)
        assert state["Status"] == "FAILED", state
        return str(state["Error"])

    def rows(self, sql: str, client: Any = None, **more: Any) -> list[list[Any]]:
        state = self.must(sql, client=client, **more)
        records = (client or self.data).get_statement_result(Id=state["Id"])["Records"]
        return [[None if "isNull" in c else next(iter(c.values())) for c in r] for r in records]

    def put_parquet(self, key: str, columns: dict[str, pa.Array | Sequence[Any]]) -> str:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=buffer.getvalue())
        return f"s3://{self.bucket}/{key}"


def allow(action: str | list[str], resource: str | list[str] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action}
    return statement if resource is None else {**statement, "Resource": resource}


def policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
