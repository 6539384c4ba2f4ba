"""Glue's table optimizers: kept as they are asked for, and never run.

Each is listed with what is deployed by name only, so that whoever turns one on here reads that it
does nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from ministack.core.responses import error_response_json, get_account_id, json_response
from ministack.services import glue

from embedded_aws.plugins.by_name_only import entry, record

Response = tuple[int, dict[str, str], bytes]

_WHAT: Final = "Glue table optimizers"
_TYPES: Final = ("compaction", "retention", "orphan_file_deletion")


def install() -> None:
    """Answer the four calls that MiniStack doesn't know."""
    stock = glue._handle_request_sync

    def handle(
        method: str, path: str, headers: dict[str, str], body: Any, query_params: dict[str, Any]
    ) -> Response:
        ours = _CALLS.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if ours is None:
            answer: Response = stock(method, path, headers, body, query_params)
            return answer
        return answered(ours, json.loads(body or "{}"))

    glue._handle_request_sync = handle


def answered(call: Callable[[str, dict[str, Any]], Response], asked: dict[str, Any]) -> Response:
    """One call, once its table and its type are known to be there."""
    if asked.get("Type") not in _TYPES:
        return _refused("InvalidInputException", f"Type must be one of {', '.join(_TYPES)}")
    if asked.get("CatalogId") != get_account_id():
        return _refused("EntityNotFoundException", f"Catalog {asked.get('CatalogId')} not found")
    table = f"{asked.get('DatabaseName')}/{asked.get('TableName')}"
    if table not in glue._tables:
        return _refused("EntityNotFoundException", f"Table {table} not found")
    return call(f"{get_account_id()}/{table}/{asked['Type']}", asked)


def create(name: str, asked: dict[str, Any]) -> Response:
    """CreateTableOptimizer."""
    if entry(name) is not None:
        return _refused("AlreadyExistsException", f"{name} exists")
    return _kept(name, asked["TableOptimizerConfiguration"])


def update(name: str, asked: dict[str, Any]) -> Response:
    """UpdateTableOptimizer."""
    if entry(name) is None:
        return _missing(name)
    return _kept(name, asked["TableOptimizerConfiguration"])


def get(name: str, asked: dict[str, Any]) -> Response:
    """GetTableOptimizer; without a last run, for there is none."""
    found = entry(name)
    if found is None:
        return _missing(name)
    optimizer = {"type": asked["Type"], "configuration": found["configuration"]}
    place = {field: asked[field] for field in ("CatalogId", "DatabaseName", "TableName")}
    return json_response({**place, "TableOptimizer": optimizer})


def delete(name: str, _: dict[str, Any]) -> Response:
    """DeleteTableOptimizer."""
    if entry(name) is None:
        return _missing(name)
    record(name, None)
    return json_response({})


_CALLS: Final[dict[str, Callable[[str, dict[str, Any]], Response]]] = {
    "CreateTableOptimizer": create,
    "UpdateTableOptimizer": update,
    "GetTableOptimizer": get,
    "DeleteTableOptimizer": delete,
}


def _kept(name: str, configuration: dict[str, Any]) -> Response:
    record(name, {"type": "TableOptimizer", "what": _WHAT, "configuration": configuration})
    return json_response({})


def _missing(name: str) -> Response:
    return _refused("EntityNotFoundException", f"Table optimizer {name} not found")


def _refused(code: str, message: str) -> Response:
    refusal: Response = error_response_json(code, message, 400)
    return refusal
