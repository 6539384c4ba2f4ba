"""The job role's session: a job may do what its role may do, and nothing more."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from ministack.core.responses import get_account_id
from ministack.services import iam, sts

GLUE: Final = "glue.amazonaws.com"


class RoleNotAssumable(Exception):
    """The role is missing, or doesn't trust the service."""


@dataclass(frozen=True, kw_only=True)
class RoleSession:
    """Temporary credentials of an assumed role, known to the embedded IAM until closed."""

    access_key: str
    secret_key: str
    token: str

    def environment(self) -> dict[str, str]:
        """For AWS SDKs in a process."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }

    def system_properties(self) -> dict[str, str]:
        """For the AWS SDK in a JVM, which reads them again at each request."""
        return {
            "aws.accessKeyId": self.access_key,
            "aws.secretAccessKey": self.secret_key,
            "aws.sessionToken": self.token,
        }

    def close(self) -> None:
        """Make the credentials worthless."""
        with suppress(KeyError):
            del sts._sessions[self.access_key]


def assume(role: str, *, service: str, session_name: str, seconds: float) -> RoleSession:
    """Assume a role as an AWS service does.

    Args:
        role: name or ARN.
        service: the service principal that the role must trust.
        session_name: shows in the caller's ARN.
        seconds: after which the credentials expire.

    Raises:
        RoleNotAssumable: in the words that the service would use.
    """
    name = role.rsplit("/", 1)[-1]
    record = iam._roles.get(name)
    if record is None or not _trusts(record.get("AssumeRolePolicyDocument"), service):
        raise RoleNotAssumable(
            f"The role {role} doesn't exist or doesn't let {service} assume it (sts:AssumeRole)"
        )
    account = get_account_id()
    session = RoleSession(
        access_key="ASIA" + secrets.token_hex(8).upper(),
        secret_key=secrets.token_hex(20),
        token=secrets.token_hex(64),
    )
    sts.register_session(
        session.access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name[:64]}",
            "UserId": f"{record.get('RoleId', name)}:{session_name[:64]}",
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
            "Expiration": time.time() + seconds,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return session


def _trusts(document: str | Mapping[str, Any] | None, service: str) -> bool:
    policy = json.loads(document) if isinstance(document, str) else document or {}
    statements = policy.get("Statement", [])
    return any(
        statement.get("Effect") == "Allow"
        and "sts:AssumeRole" in _list(statement.get("Action"))
        and service in _list((statement.get("Principal") or {}).get("Service"))
        for statement in _list(statements)
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
