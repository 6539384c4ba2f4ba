"""What IAM needs to know of both services: the resource of a call, and the right to log in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region

from embedded_aws.redshift.control import ControlPlane
from embedded_aws.redshift.identity import secret_arn_of

Headers = dict[str, str]
Response = tuple[int, Headers, bytes]
Authorize = Callable[[str, dict[str, Any], Headers, dict[str, Any]], Response | None]

_CONNECTING: Final = frozenset(
    {
        *("ExecuteStatement", "BatchExecuteStatement", "ListDatabases", "ListSchemas"),
        *("ListTables", "DescribeTable"),
    }
)
"""Data API operations that log in to the workgroup; the others look at statements only."""


def name_resources(plane: ControlPlane, services: frozenset[str]) -> None:
    """Let IAM know the ARN that a call is about; MiniStack doesn't know these services'."""
    stock = iam_actions.extract_resource_arn

    def extract(
        service: str, method: str, path: str, headers: Headers, body: bytes, *rest: Any
    ) -> str:
        if service not in services:
            return str(stock(service, method, path, headers, body, *rest))
        try:
            return _resource_arn(plane, json.loads(body or b"{}"))
        except ValueError:
            return "*"

    iam_actions.extract_resource_arn = extract


def login_check(plane: ControlPlane, service: str) -> Authorize:
    """Checks the second right that logging in takes: the workgroup's credentials, or a secret."""

    def check(
        operation: str, request: dict[str, Any], headers: Headers, query: dict[str, Any]
    ) -> Response | None:
        if operation not in _CONNECTING:
            return None
        if secret := request.get("SecretArn"):
            action, resource = "secretsmanager:GetSecretValue", secret_arn_of(secret)
        else:
            action = "redshift-serverless:GetCredentials"
            resource = _workgroup_arn(plane, request.get("WorkgroupName", ""))
        return app._enforce_data_plane(
            service, action, headers, query, "", resource_arn=resource, named_resource=resource
        )

    return check


def _resource_arn(plane: ControlPlane, request: dict[str, Any]) -> str:
    if name := request.get("workgroupName") or request.get("WorkgroupName"):
        return _workgroup_arn(plane, name)
    if name := request.get("namespaceName"):
        return str((plane.namespaces.get(name) or {}).get("namespaceArn", "*"))
    return str(request.get("resourceArn", "*"))


def _workgroup_arn(plane: ControlPlane, name: str) -> str:
    short = name.rsplit("/", 1)[-1]
    for record in plane.workgroups.values():
        if short in (record["workgroupName"], record["workgroupId"]):
            return str(record["workgroupArn"])
    return f"arn:aws:redshift-serverless:{get_region()}:{get_account_id()}:workgroup/{short}"
