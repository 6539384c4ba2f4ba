"""Faults on purpose, each undone at the end of its block."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal
from urllib.parse import urlsplit

import psutil

from embedded_aws.client import Endpoint
from tests.embedded.harness import Platform, runs, wait_until

_POLICY = "fault"
_JOB_SECONDS = 180


@contextmanager
def denied(platform: Platform, role: str, action: str, resource: str = "*") -> Iterator[None]:
    """Take one action from a role (its name or ARN), as a mistaken change of a policy would."""
    iam, name = platform.client("iam"), role.rsplit("/", 1)[-1]
    statement = {"Effect": "Deny", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName=_POLICY)


@contextmanager
def confined(
    platform: Platform, function: str, *, memory: int = 0, storage: int = 0, seconds: int = 0
) -> Iterator[None]:
    """Give a function less: MiB of memory and seconds until it is killed, of disk to quit at."""
    functions, name = platform.client("lambda"), platform.target.names.resource(function)
    usual = functions.get_function_configuration(FunctionName=name)
    variables = usual["Environment"]["Variables"]
    less = variables | ({"WEIR_STORAGE_MIB": str(storage)} if storage else {})
    functions.update_function_configuration(
        FunctionName=name,
        MemorySize=memory or usual["MemorySize"],
        Timeout=seconds or usual["Timeout"],
        Environment={"Variables": less},
    )
    try:
        yield
    finally:
        functions.update_function_configuration(
            FunctionName=name,
            MemorySize=usual["MemorySize"],
            Timeout=usual["Timeout"],
            Environment={"Variables": variables},
        )


def stop_function_at_work(
    platform: Platform, function: str, how: Literal["kill", "suspend"], *, begun: Callable[[], bool]
) -> None:
    """Stop a function's process as soon as its work has begun: for good, or until its time ends."""
    wait_until(begun, _JOB_SECONDS, f"{function} works", every=0.01)
    name = platform.target.names.resource(function)
    processes = [p for p in _children(platform) if _variable(p, "AWS_LAMBDA_FUNCTION_NAME") == name]
    assert processes
    for process in processes:
        getattr(process, how)()


@contextmanager
def source_down(platform: Platform) -> Iterator[None]:
    """The sales API hangs up on every request."""
    platform.source("POST", "/_control", {"down": True})
    try:
        yield
    finally:
        platform.source("POST", "/_control", {"down": False})


@contextmanager
def source_closed(platform: Platform) -> Iterator[None]:
    """The sales API says, to every request, to come again in an hour: no call waits that long."""
    platform.source("POST", "/_control", {"closed_for": 3600})
    try:
        yield
    finally:
        platform.source("POST", "/_control", {"closed_for": 0})


@contextmanager
def hurried(platform: Platform) -> Iterator[None]:
    """State machines wait a hundredth of what their definition says; nothing else changes."""
    _set_time_scale(platform, 0.01)
    try:
        yield
    finally:
        _set_time_scale(platform, 1)


def _set_time_scale(platform: Platform, scale: float) -> None:
    endpoint = Endpoint.read(platform.state)
    name = "stepfunctions._SFN_WAIT_SCALE"
    request = urllib.request.Request(
        f"{endpoint.endpoint}/_ministack/config", data=json.dumps({name: scale}).encode()
    )
    trusted = ssl.create_default_context(cafile=endpoint.ca_bundle)
    with urllib.request.urlopen(request, timeout=30, context=trusted) as answer:
        assert json.load(answer)["applied"] == {name: scale}


def kill_job_after_commit(
    platform: Platform, table: str, before: int | None, told: Callable[[], bool]
) -> int:
    """Kill the Spark job at work, driver and JVM, once it has committed to a table.

    From a commit to the job's word to the ledger pass milliseconds, so whenever the catalogue names
    new metadata of the table, the job stands still until it is known which commit that was.

    Args:
        before: the table's snapshot until now.
        told: whether the job has gone beyond the moment that is meant.

    Returns:
        The snapshot that it committed.
    """
    glue, seen = platform.client("glue"), ""

    def killed() -> bool:
        nonlocal seen
        if (metadata := platform.metadata_location(table, glue)) == seen:
            return False
        seen = metadata
        with _standing_still(platform) as job:
            if platform.snapshot(table) == before:
                return False  # as it was, or a commit to a branch
            assert job, "a driver and a JVM"
            assert not told(), "killed too late"
            for process in job:
                process.kill()
        wait_until(lambda: not any(runs(process) for process in job), 30, "the job is dead")
        return True

    wait_until(killed, _JOB_SECONDS, table, every=0.005)
    committed = platform.snapshot(table)
    assert committed is not None
    return committed


@contextmanager
def _standing_still(platform: Platform) -> Iterator[list[psutil.Process]]:
    """The processes of the Spark job at work, suspended; what is alive afterwards goes on."""
    job = _job_processes(platform)
    for process in job:
        process.suspend()
    try:
        yield job
    finally:
        for process in job:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _job_processes(platform: Platform) -> list[psutil.Process]:
    def of_spark(process: psutil.Process) -> bool:
        try:
            line = " ".join(process.cmdline())
            return "spark/driver.py" in line or "java" in process.name()
        except psutil.NoSuchProcess:  # it has just ended; a zombie is one, too
            return False

    return [process for process in _children(platform) if of_spark(process)]


def _children(platform: Platform) -> list[psutil.Process]:
    return psutil.Process(Endpoint.read(platform.state).pid).children(recursive=True)


def _variable(process: psutil.Process, name: str) -> str:
    """A variable of a process's environment; "" where the process has just ended."""
    try:
        return process.environ().get(name, "")
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def poisoned(platform: Platform, model: str) -> Iterator[None]:
    """The oldest waiting export of a model holds other bytes than were written, as many."""
    s3 = platform.client("s3")
    export = platform.target.ledger.pending_loads(model)[0].export_uri
    manifest = json.loads(_body(s3, export))
    good = {entry["url"]: _body(s3, entry["url"]) for entry in manifest["entries"]}
    assert good
    for uri, body in good.items():
        s3.put_object(**_place(uri), Body=b"x" * len(body))
    try:
        yield
    finally:
        for uri, body in good.items():
            s3.put_object(**_place(uri), Body=body)


def _place(uri: str) -> dict[str, str]:
    parts = urlsplit(uri)
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}


def _body(s3: Any, uri: str) -> bytes:
    body: bytes = s3.get_object(**_place(uri))["Body"].read()
    return body
