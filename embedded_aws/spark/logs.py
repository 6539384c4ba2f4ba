"""A job's output in CloudWatch Logs, where Glue puts it: one stream a run."""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

_LONGEST_EVENT = 262_118
"""Bytes of one event; CloudWatch's limit."""


class LogStream:
    """Appends lines to a CloudWatch Logs stream, from any thread."""

    def __init__(self, group: str, stream: str, *, account: str, region: str) -> None:
        self._where = {"logGroupName": group, "logStreamName": stream}
        self._scope = (account, region)
        self._call("_create_log_group", {"logGroupName": group})
        self._call("_create_log_stream", self._where)

    def write(self, line: str) -> None:
        """Append one line; an empty one is dropped, for CloudWatch refuses it."""
        message = line.rstrip("\r\n")[:_LONGEST_EVENT]
        if message:
            event = {"timestamp": int(time.time() * 1000), "message": message}
            self._call("_put_log_events", {**self._where, "logEvents": [event]})

    def _call(self, action: str, data: dict[str, Any]) -> None:
        with request_scope(*self._scope):
            status, _, body = getattr(cloudwatch_logs, action)(data)
        if status >= 400 and json.loads(body).get("__type") != "ResourceAlreadyExistsException":
            raise RuntimeError(f"CloudWatch Logs {action} {data}: {body!r}")
