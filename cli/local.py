"""The embedded platform's processes and its sample data: what only a laptop has."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.target import Target
from dataplatform.errors import WeirError
from dataplatform.naming import landing_prefix
from embedded_aws.state import StateDir

_DIGEST = "weir-sha256"
_REGISTER_SECONDS = 120
_POLL_SECONDS = 0.3


class NotRegistered(WeirError):
    """Landed objects weren't registered in the ledger in time."""


def not_emulated(state: Path) -> list[str]:
    """What was deployed by name only, as people call it, each once."""
    listed = StateDir.at(state).by_name_only
    if not listed.is_file():
        return []
    return sorted({str(entry["what"]) for entry in json.loads(listed.read_text()).values()})


@dataclass(frozen=True)
class Landed:
    """Files put into the landing bucket; those that lay there already aren't put again."""

    put: int
    unchanged: int


def land(target: Target, files: list[tuple[str, Path]]) -> Landed:
    """Put files at `<dataset>/<name>` unless the same bytes lie there, then wait for the ledger.

    Raises:
        NotRegistered: the notification chain didn't register them in time.
    """
    bucket, s3 = target.output("LandingBucket"), target.client("s3")
    versions: dict[str, str] = {}
    unchanged = 0
    for dataset, path in files:
        key = f"{landing_prefix(dataset)}{path.name}"
        with path.open("rb") as body:
            digest = hashlib.file_digest(body, "sha256").hexdigest()
            if _digest_at(s3, bucket, key) == digest:
                unchanged += 1
                continue
            body.seek(0)
            put = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={_DIGEST: digest})
        versions[key] = put["VersionId"]
    wait_registered(target, bucket, versions)
    return Landed(len(versions), unchanged)


def _digest_at(s3: Any, bucket: str, key: str) -> str:
    try:
        return str(s3.head_object(Bucket=bucket, Key=key)["Metadata"].get(_DIGEST, ""))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return ""
        raise


def wait_registered(target: Target, bucket: str, versions: Mapping[str, str]) -> None:
    """Wait until the ledger has landed objects, by key and version.

    Raises:
        NotRegistered: the notification chain didn't register them in time.
    """
    deadline = time.monotonic() + _REGISTER_SECONDS
    missing = dict(versions)
    while missing:
        for key, version in list(missing.items()):
            if target.ledger.is_registered(bucket, key, version):
                del missing[key]
        if missing and time.monotonic() > deadline:
            raise NotRegistered(
                f"{len(missing)} landed objects aren't in the ledger: {next(iter(missing))} …",
                why="They won't be in this run.",
                remedy="Look at the function's log: ./weir logs --function register-object",
            )
        if missing:
            time.sleep(_POLL_SECONDS)
