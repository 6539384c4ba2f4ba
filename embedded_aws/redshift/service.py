"""Joins both services to MiniStack: routing, IAM, Step Functions, CloudFormation, saved state.

Everything that reaches into MiniStack's private names stands here and in the plug-in's imports of
`ministack.services`; tests/unit/embedded_aws/redshift/test_service.py fails when one of them moves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from ministack import app
from ministack.core import iam_actions, router
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from embedded_aws.redshift import authorization, cloudformation, control_api, ownership
from embedded_aws.redshift.authorization import Authorize, Headers, Response
from embedded_aws.redshift.control import ControlPlane
from embedded_aws.redshift.data_api import DataApi
from embedded_aws.redshift.errors import ApiError

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]

_CONTROL: Final = "redshift-serverless"
_DATA: Final = "redshift-data"


def register(plane: ControlPlane, data_api: DataApi) -> None:
    """Make the running MiniStack serve both."""
    control = _module(
        _CONTROL, lambda operation, request: control_api.answer(plane, operation, request)
    )
    control.get_state = plane.state  # type: ignore[attr-defined]
    control.load_persisted_state = plane.restore  # type: ignore[attr-defined]
    control.reset = plane.clear  # type: ignore[attr-defined]
    data = _module(_DATA, data_api.answer, authorization.login_check(plane, _DATA))
    data.get_state = lambda: None  # type: ignore[attr-defined]
    data.load_persisted_state = lambda state: None  # type: ignore[attr-defined]
    data.reset = lambda: None  # type: ignore[attr-defined]
    _add(_CONTROL, control, "RedshiftServerless", "redshiftserverless")
    _add(_DATA, data, "RedshiftData", "redshiftdata")
    provisioners._RESOURCE_HANDLERS.update(cloudformation.handlers(plane))
    authorization.name_resources(plane, frozenset({_CONTROL, _DATA}))
    ownership.enforce(data_api.owner_of)


def _add(name: str, module: ModuleType, target: str, sdk_name: str) -> None:
    app.SERVICE_REGISTRY[name] = {"module": name}
    app._loaded_modules[name] = module
    app._state_map[name] = name
    app.SERVICE_HANDLERS[name] = module.handle_request
    # First in line: routing takes the first service whose target prefix fits.
    patterns = {
        "target_prefixes": [f"{target}."],
        "host_patterns": [rf"^{name}\."],
        "credential_scope": name,
    }
    rest = dict(router.SERVICE_PATTERNS)
    router.SERVICE_PATTERNS.clear()
    router.SERVICE_PATTERNS.update({name: patterns, **rest})
    iam_actions.SERVICE_TO_IAM_NAMESPACE[name] = name
    stepfunctions._AWS_SDK_SERVICE_MAP[sdk_name] = {
        "target_prefix": target,
        "protocol": "json",
        "service_key": name,
    }
    stepfunctions._AWS_SDK_ERROR_PREFIX[sdk_name] = target


def _module(
    name: str,
    answer: Answer,
    authorize: Authorize | None = None,
) -> ModuleType:
    """A service module as MiniStack loads them."""

    async def handle_request(
        method: str, path: str, headers: Headers, body: bytes, query: dict
    ) -> Response:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            request = json.loads(body or b"{}")
            if authorize and (denied := authorize(operation, request, headers, query)):
                return denied
            # Off the event loop: opening a database file or writing a log may take a moment.
            return _response(200, await asyncio.to_thread(answer, operation, request))
        except ApiError as error:
            return _error(error)
        except KeyError as error:
            return _error(ApiError("ValidationException", f"Missing parameter {error}."))

    module = ModuleType(f"weir_{name.replace('-', '_')}")
    module.handle_request = handle_request  # type: ignore[attr-defined]
    return module


def _response(status: int, document: dict[str, Any]) -> Response:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return status, headers, json.dumps(document, default=str).encode()


def _error(error: ApiError) -> Response:
    status, headers, body = _response(
        error.status, {"__type": error.code, "message": error.message, "Message": error.message}
    )
    return status, {**headers, "x-amzn-ErrorType": error.code}, body
