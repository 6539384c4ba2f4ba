"""The transform of a delivery: records go through a Lambda function, and each gets its answer."""

from __future__ import annotations

import base64
import json
import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ministack.core.responses import get_region
from ministack.services import lambda_svc

from embedded_aws.firehose.journal import Record
from embedded_aws.plugins.roles import role_allows

logger = logging.getLogger("weir.firehose")

_BYTES: Final = 1 << 20
_RECORDS: Final = 500
_ATTEMPTS: Final = 4
"""The first and AWS's default of three retries."""

Config = dict[str, Any]


class NotDelivered(Exception):
    """The role or the destination refused; Firehose keeps the records and tries again."""


@dataclass(frozen=True)
class _Failure:
    """Why a record wasn't transformed, in the words of Firehose."""

    code: str
    message: str
    attempts: int = 1


_REFUSED = _Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
_FORGOTTEN = _Failure("Lambda.MissingRecordId", "One or more record Ids were not returned.")


def transformed(
    stream: dict[str, Any], config: Config, records: Sequence[Record]
) -> tuple[list[bytes], list[bytes]]:
    """Data to deliver, and a line of JSON for each record that couldn't be transformed.

    Raises:
        NotDelivered: the stream's role may not invoke the function.
    """
    function = _function(config)
    if function is None:
        return [record.data for record in records], []
    require(config, "lambda:InvokeFunction", function)
    good: list[bytes] = []
    failed: list[bytes] = []
    for chunk in _chunks(records):
        answers, failure = _invoke(function, _event(stream, chunk))
        for record in chunk:
            answer = answers.get(record.id)
            result = answer["result"] if answer else None
            if answer and result == "Ok":
                good.append(base64.b64decode(answer.get("data", "")))
            elif result != "Dropped":
                why = failure or (_REFUSED if answer else _FORGOTTEN)
                failed.append(_error_document(record, why, function))
    return good, failed


def require(config: Config, action: str, resource: str) -> None:
    """Whether the stream's role may.

    Raises:
        NotDelivered: it may not.
    """
    role = config.get("RoleARN", "")
    if not role_allows(role, action, resource):
        raise NotDelivered(f"{role} is not authorized to perform: {action} on {resource}")


def _chunks(records: Sequence[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    size = 0
    for record in records:
        if chunk and (len(chunk) == _RECORDS or size + len(record.data) > _BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += len(record.data)
    if chunk:
        yield chunk


def _event(stream: dict[str, Any], records: Sequence[Record]) -> dict[str, Any]:
    return {
        "invocationId": str(uuid.uuid4()),
        "deliveryStreamArn": stream["arn"],
        "region": get_region(),
        "records": [
            {
                "recordId": record.id,
                "approximateArrivalTimestamp": record.arrived,
                "data": base64.b64encode(record.data).decode(),
            }
            for record in records
        ],
    }


def _invoke(
    function: str, event: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], _Failure | None]:
    """The function's answer for each record id, or why there is none."""
    name, qualifier = lambda_svc._resolve_name_and_qualifier(function)
    func, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    if func is None:
        return {}, _Failure("Lambda.ResourceNotFound", f"{function} not found")
    problem = ""
    for _ in range(_ATTEMPTS):
        result = lambda_svc._execute_function(func, event)
        body = result.get("body")
        if not result.get("error") and isinstance(body, dict) and "records" in body:
            return {answer["recordId"]: answer for answer in body["records"]}, None
        problem = json.dumps(body)[:500]
    logger.error("%s failed %d times: %s", function, _ATTEMPTS, problem)
    return {}, _Failure("Lambda.FunctionError", f"The function failed: {problem}", _ATTEMPTS)


def _function(config: Config) -> str | None:
    processing = config.get("ProcessingConfiguration") or {}
    for processor in processing.get("Processors") or [] if processing.get("Enabled") else []:
        if processor.get("Type") == "Lambda":
            for parameter in processor.get("Parameters") or []:
                if parameter["ParameterName"] == "LambdaArn":
                    return str(parameter["ParameterValue"])
    return None


def _error_document(record: Record, failure: _Failure, function: str) -> bytes:
    document = {
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": record.arrived,
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptEndingTimestamp": int(time.time() * 1000),
        "rawData": base64.b64encode(record.data).decode(),
        "lambdaArn": function,
    }
    return json.dumps(document).encode() + b"\n"
