"""Faults on purpose, each undone at the end of its block."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.embedded.harness import Platform

_POLICY = "fault"


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
def source_down(platform: Platform) -> Iterator[None]:
    """The sales API hangs up on every request."""
    platform.source("POST", "/_control", {"down": True})
    try:
        yield
    finally:
        platform.source("POST", "/_control", {"down": False})


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
