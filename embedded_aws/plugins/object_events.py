"""EventBridge's "Object Created" names the object's version, as S3 does for versioned buckets."""

from __future__ import annotations

import contextvars
import json
from typing import Any

from ministack.services import eventbridge, s3

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)

_stock_fire = s3._fire_s3_event
_stock_dispatch = eventbridge._dispatch_event


def install() -> None:
    """Hand the version from the S3 event to the EventBridge event that is made of it."""
    s3._fire_s3_event = _fire
    eventbridge._dispatch_event = _dispatch


def _fire(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
    token = _version.set(version_id)
    try:
        _stock_fire(*args, version_id=version_id, **kwargs)
    finally:
        _version.reset(token)


def _dispatch(event: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    version = _version.get()
    if version and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    return _stock_dispatch(event, *args, **kwargs)
