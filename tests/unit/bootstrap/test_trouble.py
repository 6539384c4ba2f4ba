from __future__ import annotations

import errno
from pathlib import Path

import pytest

from bootstrap.trouble import explain, from_os_error


@pytest.mark.parametrize(
    ("output", "what"),
    [
        ("error: No space left on device (os error 28)", "disk is full"),
        ("npm error code ENOSPC", "disk is full"),
        ("error sending request for url: dns error", "can't be reached"),
        ("npm error code EAI_AGAIN", "can't be reached"),
        ("java.net.UnknownHostException: somewhere", "can't be reached"),
        ("PKIX path building failed", "certificate isn't trusted"),
        ("npm error code UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "certificate isn't trusted"),
        ("error: No solution found", "failed"),
        ("", "failed"),
    ],
)
def test_what_a_tool_prints_is_told_in_three_lines(output: str, what: str, tmp_path: Path) -> None:
    lines = str(explain("fetching", output, tmp_path)).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("✗ fetching")
    assert what in lines[0]


def test_the_line_that_says_most_is_quoted(tmp_path: Path) -> None:
    output = "resolving\nerror: no such version 1.2\nsee the log\n"
    assert explain("installing", output, tmp_path).why == "error: no such version 1.2"


def test_a_full_disk_tells_what_is_left_and_where(tmp_path: Path) -> None:
    trouble = from_os_error(OSError(errno.ENOSPC, "No space left"), tmp_path / "not" / "there")
    assert "GB free" in trouble.what
    assert str(tmp_path) in trouble.what


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    trouble = from_os_error(PermissionError(errno.EACCES, "Denied", "/etc/weir"), tmp_path)
    assert trouble.what.startswith("/etc/weir: ")
