"""S3 as a role sees it: COPY reads with the role that the statement names, not as we may."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError
from ministack.services import iam

from embedded_aws.redshift.errors import SqlError

_SERVICES: Final = frozenset({"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"})
_SESSION_SECONDS: Final = 900


class RoleSessions:
    """S3 clients with sessions of roles, each kept for a part of its session's life."""

    def __init__(self) -> None:
        self._clients: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def s3(self, role_arn: str, user: str) -> Any:
        """An S3 client with the role's session. Only from a worker thread: it calls our own port.

        Raises:
            SqlError: there is no such role, or it doesn't trust Redshift.
        """
        if not trusts_redshift(role_arn):
            raise not_authorized(role_arn, user)
        with self._lock:
            until, client = self._clients.get(role_arn, (0.0, None))
            if time.monotonic() > until:
                client = self._assume(role_arn, user)
                until = time.monotonic() + _SESSION_SECONDS / 2
                self._clients[role_arn] = (until, client)
        return client

    def _assume(self, role_arn: str, user: str) -> Any:
        try:
            credentials = boto3.client("sts").assume_role(
                RoleArn=role_arn, RoleSessionName="redshift", DurationSeconds=_SESSION_SECONDS
            )["Credentials"]
        except ClientError as error:
            raise not_authorized(role_arn, user) from error
        return boto3.client(
            "s3",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )


def trusts_redshift(role_arn: str) -> bool:
    """Whether the role exists and lets Redshift assume it."""
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None:
        return False
    document = role["AssumeRolePolicyDocument"]
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"]
    return any(
        statement.get("Effect") == "Allow" and _SERVICES & set(_services(statement))
        for statement in ([statements] if isinstance(statements, dict) else statements)
    )


def not_authorized(role_arn: str, user: str) -> SqlError:
    """What Redshift says of a role that isn't attached, or doesn't trust it."""
    return SqlError(f"User {user} is not authorized to assume IAM Role {role_arn}")


def _services(statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    named = principal.get("Service", []) if isinstance(principal, dict) else []
    return [named] if isinstance(named, str) else list(named)
