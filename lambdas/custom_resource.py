"""Answering CloudFormation: a custom resource's function puts its result to a signed address."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lambdas.runtime import LambdaContext, logger

_TIMEOUT_SECONDS: Final = 30
_MAX_REASON_BYTES: Final = 1500
"""An answer may have 4 KiB in all, in which quotes and line ends count twice."""

log = logger("custom-resource")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What becomes of the resource.

    physical_id: the same id for as long as it is the same thing; another one would make
        CloudFormation delete the former.
    data: what Fn::GetAtt finds.
    """

    physical_id: str
    data: Mapping[str, str] = field(default_factory=dict)


def answer(
    event: Mapping[str, Any], context: LambdaContext, work: Callable[[Mapping[str, Any]], Answer]
) -> None:
    """Do the work of a Create or Update and tell CloudFormation how it went.

    A Delete is answered without work: what these resources care for goes with its owner.
    An error is logged and told, not raised: Lambda would call again, and CloudFormation wait.
    """
    try:
        if event["RequestType"] == "Delete":
            result = Answer(physical_id=event["PhysicalResourceId"])
        else:
            result = work(event["ResourceProperties"])
        _put(event, {"Status": "SUCCESS", "Data": dict(result.data)}, result.physical_id)
    except Exception as error:  # CloudFormation must hear of every failure, or it waits for hours
        log.exception("custom resource failed")
        reason = _cut(f"{type(error).__name__}: {error}")
        physical_id = event.get("PhysicalResourceId") or event["LogicalResourceId"]
        _put(
            event,
            {"Status": "FAILED", "Reason": f"{reason} (log: {context.function_name})"},
            physical_id,
        )


def _put(event: Mapping[str, Any], outcome: Mapping[str, Any], physical_id: str) -> None:
    body = {
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        "PhysicalResourceId": physical_id,
        **outcome,
    }
    request = urllib.request.Request(
        event["ResponseURL"],
        data=json.dumps(body, ensure_ascii=False).encode(),
        method="PUT",
        headers={"Content-Type": ""},  # the address is signed without one
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        response.read()


def _cut(text: str) -> str:
    return text.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
