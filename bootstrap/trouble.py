"""What can go wrong with a machine, told as a person needs it: what, why it matters, what to do."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

EXIT_CODE = 4
"""The environment (port, disk, network, a missing program) is at fault."""

_NO_SPACE = re.compile(r"no space left on device|disk quota exceeded|ENOSPC", re.IGNORECASE)
_NO_NETWORK = re.compile(
    r"dns error|name resolution|name or service not known|could(n't| not) resolve|ENOTFOUND"
    r"|EAI_AGAIN|UnknownHostException|network is unreachable|ENETUNREACH"
    r"|connection refused|ECONNREFUSED"
    r"|error sending request|failed to fetch|timed out|ETIMEDOUT|could not connect",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(
    r"certificate|PKIX path|UnknownIssuer|SELF_SIGNED|UNABLE_TO_GET_ISSUER", re.IGNORECASE
)


class Trouble(Exception):
    """A reason why the environment can't be made; ends the wrapper with exit code 4."""

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return f"✗ {self.what}\n  {self.why}\n  {self.remedy}"


def explain(step: str, output: str, place: Path) -> Trouble:
    """A tool failed: find the common causes in what it printed."""
    if _NO_SPACE.search(output):
        return disk_full(step, place)
    if _CERTIFICATE.search(output):
        return Trouble(
            f"{step}: the registry's certificate isn't trusted",
            _last_line(output),
            "Behind a proxy with its own authority: set SSL_CERT_FILE to its bundle, run again.",
        )
    if _NO_NETWORK.search(output):
        return Trouble(
            f"{step}: the package registry can't be reached",
            _last_line(output),
            "Check the network (and HTTPS_PROXY), then run the same again: it carries on.",
        )
    return Trouble(
        f"{step} failed", _last_line(output), "Run it again with WEIR_DEBUG=1 to see all of it."
    )


def from_os_error(error: OSError, place: Path) -> Trouble:
    """A file or directory couldn't be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full("set-up", place)
    return Trouble(
        f"{error.filename or place}: {error.strerror or error}",
        "The environment couldn't be made there.",
        "Make it writable, or set XDG_CACHE_HOME to a directory that is.",
    )


def disk_full(step: str, place: Path) -> Trouble:
    """No space, with what is left."""
    return Trouble(
        f"{step}: the disk is full ({free_bytes(place) / 1e9:.1f} GB free at {place})",
        "A first set-up takes about 4 GB, most of it packages.",
        "Free some space, or set XDG_CACHE_HOME to another disk; then run the same again.",
    )


def free_bytes(place: Path) -> int:
    """Space left where `place` is or will be."""
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _last_line(output: str) -> str:
    """The line that says most: the last with "error" in it, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error|cause|failed", line, re.IGNORECASE)]
    return (errors or lines or ["It printed nothing."])[-1][:200]
