"""One delivery: transform a buffer of records, join and compress them, write one object."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ministack.core.responses import get_region
from ministack.services import firehose, lambda_svc, s3

from embedded_aws.firehose.journal import Record
from embedded_aws.plugins.roles import role_allows

logger = logging.getLogger("weir.firehose")

_TRANSFORM_BYTES: Final = 1 << 20
_TRANSFORM_RECORDS: Final = 500
_TRANSFORM_ATTEMPTS: Final = 4
"""The first and AWS's default of three retries."""

Config = dict[str, Any]


class NotDelivered(Exception):
    """The destination refused; Firehose keeps the records and tries again."""


def deliver(stream: dict[str, Any], config: Config, records: Sequence[Record]) -> None:
    """Write records to the destination's bucket: the good ones, and apart those that failed.

    Raises:
        NotDelivered: the role may not, or S3 refused.
    """
    good: list[bytes] = []
    failed: list[bytes] = []
    for chunk in _chunks(records):
        ok, not_ok = _transform(stream, config, chunk)
        good += ok
        failed += not_ok
    moment = firehose._arrival_time(config)
    name = _object_name(stream, moment)
    if good:
        prefix = firehose._evaluate_prefix(config.get("Prefix", ""), moment)
        body, extension = _compressed(config, b"".join(good))
        _put(config, prefix + name + (config.get("FileExtension") or extension), body)
    if failed:
        _put(config, _error_prefix(config, moment) + name, b"\n".join(failed) + b"\n")


def _chunks(records: Sequence[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    size = 0
    for record in records:
        if chunk and (
            len(chunk) == _TRANSFORM_RECORDS or size + len(record.data) > _TRANSFORM_BYTES
        ):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += len(record.data)
    if chunk:
        yield chunk


def _transform(
    stream: dict[str, Any], config: Config, records: list[Record]
) -> tuple[list[bytes], list[bytes]]:
    """Data to deliver, and error documents of records that the function couldn't transform."""
    function = _function(config)
    if function is None:
        return [record.data for record in records], []
    event = {
        "invocationId": str(uuid.uuid4()),
        "deliveryStreamArn": stream["arn"],
        "region": get_region(),
        "records": [
            {
                "recordId": record.id,
                "approximateArrivalTimestamp": int(time.time() * 1000),
                "data": base64.b64encode(record.data).decode(),
            }
            for record in records
        ],
    }
    answers, problem = _invoke(config, function, event)
    good: list[bytes] = []
    failed: list[bytes] = []
    for record in records:
        answer = answers.get(record.id, {})
        result = answer.get("result")
        if result == "Ok":
            good.append(base64.b64decode(answer.get("data", "")))
        elif result != "Dropped":
            failed.append(_error_document(record, problem or "The function returned no Ok"))
    return good, failed


def _invoke(
    config: Config, function: str, event: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], str]:
    """The function's answer for each record id, or why there is none."""
    _require(config, "lambda:InvokeFunction", function)
    name, qualifier = lambda_svc._resolve_name_and_qualifier(function)
    func, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    if func is None:
        return {}, f"Lambda function {function} not found"
    problem = ""
    for _ in range(_TRANSFORM_ATTEMPTS):
        result = lambda_svc._execute_function(func, event)
        body = result.get("body")
        if not result.get("error") and isinstance(body, dict) and "records" in body:
            return {answer["recordId"]: answer for answer in body["records"]}, ""
        problem = json.dumps(body)[:500]
    logger.error("%s failed %d times: %s", function, _TRANSFORM_ATTEMPTS, problem)
    return {}, f"The Lambda function was invoked and failed: {problem}"


def _function(config: Config) -> str | None:
    processing = config.get("ProcessingConfiguration") or {}
    for processor in processing.get("Processors") or [] if processing.get("Enabled") else []:
        if processor.get("Type") == "Lambda":
            for parameter in processor.get("Parameters") or []:
                if parameter["ParameterName"] == "LambdaArn":
                    return str(parameter["ParameterValue"])
    return None


def _compressed(config: Config, body: bytes) -> tuple[bytes, str]:
    form = config.get("CompressionFormat") or "UNCOMPRESSED"
    if form == "UNCOMPRESSED":
        return body, ""
    if form == "GZIP":
        return gzip.compress(body, compresslevel=6), ".gz"
    raise NotDelivered(f"CompressionFormat {form} is not emulated: UNCOMPRESSED and GZIP are")


def _object_name(stream: dict[str, Any], moment: time.struct_time) -> str:
    stamp = firehose._java_time("yyyy-MM-dd-HH-mm-ss", moment)
    return f"{stream['name']}-{stream.get('version', 1)}-{stamp}-{uuid.uuid4()}"


def _error_prefix(config: Config, moment: time.struct_time) -> str:
    kind = "processing-failed"
    template = config.get("ErrorOutputPrefix")
    if template:
        return str(firehose._evaluate_prefix(template, moment, error_type=kind))
    return f"{config.get('Prefix', '')}{kind}/{firehose._java_time('yyyy/MM/dd/HH/', moment)}"


def _error_document(record: Record, message: str) -> bytes:
    now = int(time.time() * 1000)
    document = {
        "attemptsMade": _TRANSFORM_ATTEMPTS,
        "arrivalTimestamp": now,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": message,
        "attemptEndingTimestamp": now,
        "rawData": base64.b64encode(record.data).decode(),
    }
    return json.dumps(document).encode()


def _put(config: Config, key: str, body: bytes) -> None:
    bucket = firehose._s3_bucket_from_arn(config.get("BucketARN", ""))
    _require(config, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    headers = {
        "content-type": "application/octet-stream",
        "content-length": str(len(body)),
        "host": "s3.amazonaws.com",
    }
    request = s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
    status, _, answer = asyncio.run(request)
    if status >= 300:
        raise NotDelivered(f"S3 answered {status} for {bucket}/{key}: {answer[:300]!r}")


def _require(config: Config, action: str, resource: str) -> None:
    role = config.get("RoleARN", "")
    if not role_allows(role, action, resource):
        raise NotDelivered(f"{role} is not authorized to perform: {action} on {resource}")
