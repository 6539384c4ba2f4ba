"""What goes wrong with the machine below: a killed server, a taken port, a full disk."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded_aws.client import Endpoint
from tests.embedded.harness import Platform, runs, wait_until
from tests.embedded.test_faults import in_warehouse, new_store

pytestmark = pytest.mark.embedded

SALES = "SELECT COUNT(*) AS lines, SUM(store_sales) AS store_sales FROM gold.fact_sales"
SNAPSHOT_SECONDS = 60


def test_a_killed_server_loses_nothing_it_had_saved_and_leaves_nothing_running(
    platform: Platform,
) -> None:
    """Its port is taken meanwhile, and what it had started still runs."""
    books, snapshots, sales = platform.books(), platform.snapshots(), platform.sql(SALES)
    wait_until_saved(platform)
    killed, left = Endpoint.read(platform.state), platform.processes()
    assert len(left) > 2, "the server, what it started, the sample API"
    os.kill(killed.pid, signal.SIGKILL)
    with listening(killed.port):
        again = platform.json("up")
        platform.reconnect()
        assert Endpoint.read(platform.state).port != killed.port
        assert again["datasets"] == books
        assert platform.snapshots() == snapshots
        assert platform.sql(SALES) == sales
        assert not [process for process in left if runs(process)]
        number = new_store(platform)
        platform.json("run", "stores")
        assert in_warehouse(platform, number) == [number]


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this container may not mount")
    try:
        full = Platform(tmp_path / "state")
        said = full.fails("up", code=4)
        assert full.processes() == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert "8 MiB are free" in said
    assert "Make room there" in said


def wait_until_saved(platform: Platform) -> None:
    """Wait for a snapshot of the server's that has all that happened until now.

    One that was under way already doesn't have the marker, unless it comes to it late: what the
    tests compare was written seconds before.
    """
    marker = f"marker-{time.time_ns()}"
    platform.client("ssm").put_parameter(Name="/saved", Value=marker, Type="String", Overwrite=True)
    files = platform.state / "data" / "services"

    def saved() -> bool:
        return any(marker in path.read_text() for path in files.glob("ssm*.json"))

    wait_until(saved, SNAPSHOT_SECONDS, "a snapshot")


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Take the port that a killed process has had, as soon as it is free."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def bound() -> bool:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                return False
            return True

        wait_until(bound, 10, f"port {port} is free")
        taken.listen()
        yield
