"""HTTP APIs as sources: how they are asked, and with what address and key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError

from dataplatform.errors import SourceNotConfigured
from dataplatform.ledger.records import Cursor
from dataplatform.naming import Names
from lambdas.api_client import ApiClient


class Client(Protocol):
    """What asks the source."""

    def get(self, parameters: dict[str, str]) -> bytes:
        """The answer to one request."""
        ...


def request(options: dict[str, str], at: Cursor | None, limit: str = "") -> dict[str, str]:
    """Parameters of a request for what comes after a record; of the first ones without it.

    Args:
        limit: records at most; else as the contract says.
    """
    parameters = {options["limit_param"]: limit or options["limit"]}
    if at is not None:
        parameters |= {options["updated_param"]: at.updated_at, options["id_param"]: at.id}
    return parameters


def api_client(
    names: Names, options: Mapping[str, str], seconds_left: Callable[[], float]
) -> ApiClient:
    """What asks a dataset's source; `options` are of its SourcePlan.

    Raises:
        SourceNotConfigured: its address or key is missing.
    """
    source, header = options["source"], options["key_header"]
    address = base_url(boto3.client("ssm"), names, source)
    key = api_key(boto3.client("secretsmanager"), names, source) if header else ""
    return ApiClient(
        url=f"{address}/{options['path'].lstrip('/')}",
        headers={"Accept": "application/json", **({header: key} if header else {})},
        seconds_left=seconds_left,
    )


def base_url(ssm: Any, names: Names, source: str) -> str:
    """The source's address, without a slash at its end.

    Raises:
        SourceNotConfigured: the parameter is missing or isn't an address.
    """
    name = names.source_parameter(source, "base_url")
    try:
        value = str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        value = ""
    if not value.startswith(("https://", "http://")):
        found = f"is {value!r}" if value else "isn't set"
        raise SourceNotConfigured(
            f"parameter {name} {found}: the address of source {source}",
            why="The source can't be pulled.",
            remedy=f"aws ssm put-parameter --overwrite --type String --name {name}"
            " --value https://HOST/PATH",
        )
    return value.rstrip("/")


def api_key(secrets: Any, names: Names, source: str) -> str:
    """The source's key, from the secret's JSON field "api_key".

    Raises:
        SourceNotConfigured: the secret is missing or has no such field.
    """
    name = names.source_secret(source)
    try:
        value = secrets.get_secret_value(SecretId=name).get("SecretString", "")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        value = ""
    try:
        key = json.loads(value)["api_key"]
    except (ValueError, KeyError, TypeError):
        key = ""
    if not isinstance(key, str) or not key:
        raise SourceNotConfigured(
            f'secret {name} has no field "api_key": the key of source {source}',
            why="The source can't be pulled.",
            remedy=f"aws secretsmanager put-secret-value --secret-id {name}"
            """ --secret-string '{"api_key": "KEY"}'""",
        )
    return key
