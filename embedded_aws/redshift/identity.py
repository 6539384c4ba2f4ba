"""Who is calling: an IAM identity as a database user, or the user that a secret names."""

from __future__ import annotations

import json

from ministack.core import iam_evaluator
from ministack.services import secretsmanager

from embedded_aws.redshift.errors import ApiError


def database_user() -> str:
    """The caller as Redshift names IAM identities: `IAMR:role`, `IAM:user`, `IAM:root`."""
    arn = iam_evaluator.caller_arn()
    resource = arn.split(":", 5)[5]
    kind, _, name = resource.partition("/")
    if kind == "assumed-role":
        return f"IAMR:{name.split('/')[0]}"
    return f"IAM:{name.rsplit('/', 1)[-1]}" if name else "IAM:root"


def secret_user(secret_arn: str) -> str:
    """The user that a secret of Secrets Manager logs in.

    Raises:
        ApiError: there is no such secret, or it names no user.
    """
    text = secretsmanager.resolve_secret_string(secret_arn)
    if not text:
        raise ApiError("ValidationException", f"Secret {secret_arn} was not found.")
    try:
        return str(json.loads(text)["username"])
    except (ValueError, KeyError) as error:
        raise ApiError("ValidationException", f"Secret {secret_arn} has no username.") from error


def secret_arn_of(secret: str) -> str:
    """The ARN that IAM decides about, where a secret is given by name."""
    _, found = secretsmanager._resolve(secret, use_arn_scope=True)
    return str(found["ARN"]) if found else secret
