"""The answer that CloudFormation waits for: a PUT to the URL that the request carries."""

from __future__ import annotations

import json
import os
import ssl
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

_REASON_BYTES: Final = 1500
"""CloudFormation takes answers up to 4,096 bytes, in which quotes and line ends count twice."""

_TIMEOUT_SECONDS: Final = 20


def respond(
    event: Mapping[str, Any],
    *,
    physical_id: str,
    data: Mapping[str, str] | None = None,
    error: str = "",
) -> None:
    """Tell CloudFormation how a request ended.

    Args:
        data: attributes of the resource.
        error: why it failed; "" where it didn't.
    """
    answer = {
        "Status": "FAILED" if error else "SUCCESS",
        "Reason": _cut(error) or "done",
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    request = urllib.request.Request(
        event["ResponseURL"],
        data=json.dumps(answer, ensure_ascii=False).encode(),
        method="PUT",
        headers={"Content-Type": ""},  # the URL is signed without one
    )
    # The SDKs' own variable, so that whoever sets a CA for them has set it for this call too.
    trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS, context=trusted):
        pass


def _cut(text: str) -> str:
    return text.encode()[:_REASON_BYTES].decode(errors="ignore")
