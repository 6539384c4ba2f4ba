"""Stopping keeps everything, killing keeps almost everything, erasing keeps nothing."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest

from embedded_aws import supervisor
from tests.embedded.core.machine import Machine, wait_until
from tests.embedded.core.template import RESOURCES, TEMPLATE

pytestmark = pytest.mark.embedded

STACK = {
    "Resources": {n: RESOURCES[n] for n in ("Table", "Secret", "Queue", "Dead", "Key", "Landing")},
    "Outputs": {n: TEMPLATE["Outputs"][n] for n in ("Table", "Landing", "Secret")},
}


def _session(leader: int) -> list[psutil.Process]:
    def member(process: psutil.Process) -> bool:
        try:
            living = process.status() != psutil.STATUS_ZOMBIE
            return living and os.getsid(process.pid) == leader
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False

    return [process for process in psutil.process_iter() if member(process)]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_stop_is_quick_and_a_start_finds_everything_again(fresh: Machine) -> None:
    fresh.deploy("core", STACK)
    bucket, s3 = fresh.output("Landing"), fresh.client("s3")
    first = s3.put_object(Bucket=bucket, Key="a/b", Body=b"one")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"two", Metadata={"by": "test"})
    endpoint = fresh.endpoint
    started = time.monotonic()
    assert fresh.stop()
    assert time.monotonic() - started < 6
    assert not _listens(endpoint.port)
    assert not _session(endpoint.pid)
    assert not (fresh.state / "run").exists()

    assert fresh.start().endpoint == endpoint.endpoint
    s3 = fresh.client("s3")
    current = s3.get_object(Bucket=bucket, Key="a/b")
    assert (current["Body"].read(), current["Metadata"]) == (b"two", {"by": "test"})
    assert s3.get_object(Bucket=bucket, Key="a/b", VersionId=first)["Body"].read() == b"one"
    secret = fresh.client("secretsmanager").get_secret_value(SecretId=fresh.output("Secret"))
    assert secret["SecretString"] == "api-key"


def test_a_second_start_finds_the_first(fresh: Machine) -> None:
    assert fresh.start() == fresh.endpoint


def test_a_killed_server_comes_back_with_what_it_had_saved(fresh: Machine) -> None:
    fresh.deploy("core", STACK)
    table = fresh.output("Table")
    fresh.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "kept"}})
    snapshot = fresh.state / "data" / "services" / "dynamodb.json"
    wait_until(lambda: snapshot.exists() and "kept" in snapshot.read_text(), 40)
    os.kill(fresh.endpoint.pid, signal.SIGKILL)
    wait_until(lambda: supervisor.status(fresh.state) is None, 10)
    fresh.start()
    items = fresh.client("dynamodb").scan(TableName=table)["Items"]
    assert items == [{"pk": {"S": "kept"}}]


def test_records_of_a_stream_survive_a_stop(fresh: Machine) -> None:
    fresh.deploy("core", TEMPLATE)
    fresh.client("firehose").put_record(
        DeliveryStreamName=fresh.output("Firehose"), Record={"Data": b"kept\n"}
    )
    fresh.stop()
    fresh.start()
    s3, bucket = fresh.client("s3"), fresh.output("Stream")
    (found,) = wait_until(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), 20)
    assert found["Key"].startswith("pos/"), "not among what failed"
    body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
    assert gzip.decompress(body) == b"kept\n"


def test_a_deleted_bucket_stays_deleted_after_a_restart(fresh: Machine) -> None:
    fresh.deploy("core", {**STACK})
    bucket = fresh.output("Landing")
    fresh.client("s3").put_object(Bucket=bucket, Key="deep/er/k", Body=b"1")
    for version in fresh.client("s3").list_object_versions(Bucket=bucket)["Versions"]:
        fresh.client("s3").delete_object(
            Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"]
        )
    fresh.client("cloudformation").delete_stack(StackName="core")
    wait_until(lambda: not fresh.client("s3").list_buckets()["Buckets"], 20)
    fresh.stop()
    fresh.start()
    assert not fresh.client("s3").list_buckets()["Buckets"]


def test_erasing_leaves_no_process_port_or_file(fresh: Machine, tmp_path: Path) -> None:
    fresh.deploy("core", TEMPLATE)
    fresh.invoke(do="nothing")
    endpoint = fresh.endpoint
    assert len(_session(endpoint.pid)) > 1
    fresh.erase()
    assert not _session(endpoint.pid)
    assert not _listens(endpoint.port)
    assert not fresh.state.exists()
