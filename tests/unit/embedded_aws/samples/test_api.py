from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_aws.samples.api import Address
from tests.unit.support.foodmarts import small_jar

ROOT = Path(__file__).parents[4]


def start(directory: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "embedded_aws.samples.api", "--state-dir"]
    command += [str(directory / "state"), "--jar", str(directory / "small.jar")]
    command += ["--cache", str(directory / "cache"), *options]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(directory: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Address]]:
    small_jar(directory)
    process = start(directory, *options)
    try:
        yield process, wait_for_address(directory, process)
    finally:
        process.kill()
        process.communicate()


def wait_for_address(directory: Path, process: subprocess.Popen[str]) -> Address:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        address = Address.read(directory / "state")
        if address and address.pid == process.pid:
            return address
        time.sleep(0.02)
    raise AssertionError(f"no address; exit code {process.poll()}")


def test_it_writes_where_it_listens_for_its_owner_alone(tmp_path: Path) -> None:
    with running(tmp_path) as (process, address):
        assert address.url == f"http://127.0.0.1:{address.port}"
        assert address.pid == process.pid
        assert (tmp_path / "state" / "api.json").stat().st_mode & 0o777 == 0o600


def test_sigterm_ends_it_and_takes_the_address_away(tmp_path: Path) -> None:
    with running(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert Address.read(tmp_path / "state") is None


def test_a_second_one_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as (_, address):
        second = start(tmp_path)
        _, said = second.communicate(timeout=30)
        assert second.returncode == 4
        assert "already runs" in said
        assert Address.read(tmp_path / "state") == address


def test_after_a_crash_it_starts_again_with_the_same_key(tmp_path: Path) -> None:
    with running(tmp_path) as (process, before):
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    with running(tmp_path) as (_, after):
        assert after.api_key == before.api_key
        assert after.pid != before.pid


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with running(tmp_path) as (_, address):
        other = tmp_path / "other"
        other.mkdir()
        small_jar(other)
        second = start(other, "--port", str(address.port))
        _, said = second.communicate(timeout=30)
        assert second.returncode == 4
        assert f"127.0.0.1:{address.port}" in said
