from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from embedded_aws.functions import memory

MIB = 1 << 20
PARENT = """
import subprocess, sys, threading

def start():
    child = [sys.executable, "-c", "held = b'x' * (64 << 20); print('held', flush=True); input()"]
    subprocess.Popen(child).wait()

threading.Thread(target=start).start()
"""


@pytest.mark.parametrize("named", [pytest.param(True, id="named"), pytest.param(False, id="found")])
def test_what_a_thread_has_started_is_counted(
    monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    if named and not memory.NAMED:
        pytest.skip("this kernel names no children")
    monkeypatch.setattr(memory, "NAMED", named)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None and parent.stdout is not None
        assert parent.stdout.readline() == "held\n"
        own = psutil.Process(parent.pid).memory_info().rss
        assert memory.held(parent.pid) - own >= 64 * MIB
        parent.stdin.write("\n")
    assert memory.held(parent.pid) == 0
