"""Against a real JVM: what it leaves behind is nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyspark
import pytest

from embedded_aws.errors import StartFailed
from embedded_aws.spark.jvm import Jvm
from embedded_aws.spark.settings import SparkSettings
from embedded_aws.state import StateDir

SECONDS = 60.0


@pytest.fixture
def settings(tmp_path: Path) -> SparkSettings:
    java = shutil.which("java", path=f"{os.environ.get('JAVA_HOME', '')}/bin:{os.environ['PATH']}")
    assert java
    return SparkSettings(
        java=java,
        spark_home=Path(pyspark.__file__).parent,
        jars=(),
        state=StateDir.at(tmp_path),
        endpoint="https://127.0.0.1:1",
        ca_bundle="",
        trust_store=None,
    )


def await_end(pid: int) -> None:
    deadline = time.monotonic() + SECONDS
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"{pid} outlived its owner"
        time.sleep(0.05)


def test_its_gateway_listens_on_the_loopback_and_ends_with_it(settings: SparkSettings) -> None:
    with Jvm(settings, lambda line: None) as jvm:
        gateway = jvm.gateway(SECONDS)
        assert gateway.secret
        listening = psutil.Process(jvm.pid).net_connections("tcp")
        assert {one.laddr.ip.removeprefix("::ffff:") for one in listening} == {"127.0.0.1"}
        socket.create_connection(("127.0.0.1", gateway.port), 5).close()
    assert not jvm.alive
    assert list(settings.scratch.iterdir()) == []


def test_a_jvm_that_does_not_start_says_so(settings: SparkSettings) -> None:
    lines: list[str] = []
    broken = SparkSettings(**{**vars(settings), "jvm_options": ("-XX:NoSuchOption",)})
    with Jvm(broken, lines.append) as jvm, pytest.raises(StartFailed, match="ended with status 1"):
        jvm.gateway(SECONDS)


def test_a_jvm_does_not_outlive_a_killed_owner(settings: SparkSettings, tmp_path: Path) -> None:
    program = tmp_path / "owner.py"
    program.write_text(
        "import pathlib, signal, sys\n"
        "from embedded_aws.spark.jvm import Jvm\n"
        "from embedded_aws.spark.settings import SparkSettings\n"
        "from embedded_aws.state import StateDir\n"
        f"settings = SparkSettings(java={settings.java!r}, jars=(), ca_bundle='',\n"
        f"    spark_home=pathlib.Path({str(settings.spark_home)!r}), trust_store=None,\n"
        f"    state=StateDir.at({str(tmp_path)!r}), endpoint='https://127.0.0.1:1')\n"
        "jvm = Jvm(settings, lambda line: None)\n"
        f"jvm.gateway({SECONDS})\n"
        "print(jvm.pid, flush=True)\n"
        "signal.pause()\n"
    )
    root = Path(__file__).resolve().parents[4]
    owner = subprocess.Popen(
        [sys.executable, str(program)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        assert psutil.pid_exists(pid)
        owner.send_signal(signal.SIGKILL)
    await_end(pid)
