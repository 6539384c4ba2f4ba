"""Runs a tool and keeps what it prints, for the explanation when it fails."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.trouble import explain


def run(
    step: str,
    command: Sequence[str],
    *,
    place: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run to the end; gives what it printed on stdout.

    Args:
        step: what it does, for a person.
        place: where it writes, to tell how much space is left there.
        environment: added to ours.

    Raises:
        Trouble: it failed.
    """
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=str(cwd) if cwd else None,
        env={**os.environ, **own_authorities(), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if ended.returncode:
        if os.environ.get("WEIR_DEBUG"):
            sys.stderr.write(ended.stdout + ended.stderr)
        raise explain(step, ended.stdout + "\n" + ended.stderr, place)
    return ended.stdout


def certificate_bundle() -> Path | None:
    """The machine's certificate authorities as one PEM file, its own among them."""
    given = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return Path(given) if given and Path(given).is_file() else None


def own_authorities() -> dict[str, str]:
    """Settings by which uv and Node trust what the machine trusts, not their own lists alone."""
    return {"UV_SYSTEM_CERTS": "1", "NODE_USE_SYSTEM_CA": "1"} if certificate_bundle() else {}
