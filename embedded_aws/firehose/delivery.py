"""One delivery: transform a buffer of records, join and compress them, write one object."""

from __future__ import annotations

import asyncio
import gzip
import time
import uuid
from collections.abc import Sequence
from typing import Any

from ministack.services import firehose, s3

from embedded_aws.firehose.journal import Record
from embedded_aws.firehose.transform import Config, NotDelivered, require, transformed

__all__ = ["NotDelivered", "deliver"]


def deliver(stream: dict[str, Any], config: Config, records: Sequence[Record]) -> None:
    """Write records to the destination's bucket: the good ones, and apart those that failed.

    Raises:
        NotDelivered: the role may not, or S3 refused.
    """
    good, failed = transformed(stream, config, records)
    moment = firehose._arrival_time(config)
    name = _object_name(stream, moment)
    if good:
        prefix = firehose._evaluate_prefix(config.get("Prefix", ""), moment)
        body, extension = _compressed(config, b"".join(good))
        _put(config, prefix + name + (config.get("FileExtension") or extension), body)
    if failed:
        _put(config, _error_prefix(config, moment) + name, b"".join(failed))


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


def _put(config: Config, key: str, body: bytes) -> None:
    bucket = firehose._s3_bucket_from_arn(config.get("BucketARN", ""))
    require(config, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    headers = {
        "content-type": "application/octet-stream",
        "content-length": str(len(body)),
        "host": "s3.amazonaws.com",
    }
    request = s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
    status, _, answer = asyncio.run(request)
    if status >= 300:
        raise NotDelivered(f"S3 answered {status} for {bucket}/{key}: {answer[:300]!r}")
