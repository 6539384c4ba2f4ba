"""The redshift-serverless API over the control plane's state."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from embedded_aws.redshift.control import ControlPlane
from embedded_aws.redshift.errors import ApiError
from embedded_aws.redshift.identity import database_user

Request = dict[str, Any]
Operation = Callable[[ControlPlane, Request], dict[str, Any]]

_PASSWORD_SECONDS: Final = 900


def answer(plane: ControlPlane, operation: str, request: Request) -> dict[str, Any]:
    """Answer one call.

    Raises:
        ApiError: as the API would, or naming an operation that isn't emulated.
    """
    if operation not in _OPERATIONS:
        raise ApiError("ValidationException", f"{operation} is not emulated here.")
    return _OPERATIONS[operation](plane, request)


def _get_credentials(plane: ControlPlane, request: Request) -> dict[str, Any]:
    """A password that nothing here asks for: the Data API is the one way in."""
    plane.workgroup(request["workgroupName"])
    expiration = time.time() + request.get("durationSeconds", _PASSWORD_SECONDS)
    return {
        "dbUser": database_user(),
        "dbPassword": secrets.token_urlsafe(32),
        "expiration": expiration,
        "nextRefreshTime": expiration,
    }


def _tag(plane: ControlPlane, request: Request) -> dict[str, Any]:
    new = {tag["key"]: tag["value"] for tag in request["tags"]}
    plane.set_tags(request["resourceArn"], lambda tags: tags.update(new))
    return {}


def _untag(plane: ControlPlane, request: Request) -> dict[str, Any]:
    plane.set_tags(
        request["resourceArn"], lambda tags: [tags.pop(key, None) for key in request["tagKeys"]]
    )
    return {}


def _list_tags(plane: ControlPlane, request: Request) -> dict[str, Any]:
    tags = plane.tags_of(request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def _list_limits(plane: ControlPlane, request: Request) -> dict[str, Any]:
    wanted = {key: request[key] for key in ("resourceArn", "usageType") if key in request}
    limits = [
        limit
        for limit in plane.usage_limits.values()
        if all(limit[key] == value for key, value in wanted.items())
    ]
    return _page("usageLimits", limits, request)


def _page(name: str, items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    start = int(request.get("nextToken") or 0)
    end = start + int(request.get("maxResults") or 100)
    page: dict[str, Any] = {name: items[start:end]}
    if end < len(items):
        page["nextToken"] = str(end)
    return page


_OPERATIONS: Final[dict[str, Operation]] = {
    "CreateNamespace": lambda p, r: {"namespace": p.create_namespace(r)},
    "GetNamespace": lambda p, r: {"namespace": p.namespace(r["namespaceName"])},
    "ListNamespaces": lambda p, r: _page("namespaces", p.namespaces.values(), r),
    "UpdateNamespace": lambda p, r: {"namespace": p.update_namespace(r)},
    "DeleteNamespace": lambda p, r: {"namespace": p.delete_namespace(r)},
    "CreateWorkgroup": lambda p, r: {"workgroup": p.create_workgroup(r)},
    "GetWorkgroup": lambda p, r: {"workgroup": p.workgroup(r["workgroupName"])},
    "ListWorkgroups": lambda p, r: _page("workgroups", p.workgroups.values(), r),
    "UpdateWorkgroup": lambda p, r: {"workgroup": p.update_workgroup(r)},
    "DeleteWorkgroup": lambda p, r: {"workgroup": p.delete_workgroup(r)},
    "CreateUsageLimit": lambda p, r: {"usageLimit": p.create_usage_limit(r)},
    "GetUsageLimit": lambda p, r: {"usageLimit": p.usage_limit(r["usageLimitId"])},
    "ListUsageLimits": _list_limits,
    "UpdateUsageLimit": lambda p, r: {"usageLimit": p.update_usage_limit(r)},
    "DeleteUsageLimit": lambda p, r: {"usageLimit": p.delete_usage_limit(r)},
    "GetCredentials": _get_credentials,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
