"""The objects that Firehose has landed in a window of hours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dataplatform.naming import landing_prefix, rejected_prefix

_AHEAD: Final = 6
"""Requests under way at once: most of the time for a small object is S3's answer."""

_CHUNK: Final = 1 << 20
_HOUR: Final = "%Y/%m/%d/%H/"
"""How Firehose names folders, in UTC. Its folder for failures of the transform stands before it."""


@dataclass(frozen=True)
class StreamObject:
    """A landed object of a stream; `arrived` has a time zone."""

    key: str
    arrived: datetime


def window(now: datetime, hours: int) -> datetime:
    """Where the window begins: at a full hour, as the folders do."""
    return (now - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


def stream_objects(
    s3: Any, bucket: str, dataset: str, since: datetime, now: datetime
) -> list[StreamObject]:
    """Events' objects and the transform's failures of the window, by key.

    Args:
        since, now: in UTC.
    """
    found: list[StreamObject] = []
    for prefix in (landing_prefix(dataset), f"{rejected_prefix(dataset)}processing-failed/"):
        end = prefix + (now + timedelta(hours=1)).strftime(_HOUR)
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, StartAfter=prefix + since.strftime(_HOUR)
        )
        for page in pages:
            items = [item for item in page.get("Contents", []) if item["Key"] < end]
            found += [StreamObject(item["Key"], item["LastModified"]) for item in items]
            if len(items) < len(page.get("Contents", [])):
                break  # keys come in order, so the rest is outside the window, too
    return found


def contents(
    s3: Any, bucket: str, objects: list[StreamObject]
) -> Iterator[tuple[StreamObject, Iterator[bytes]]]:
    """Each object with its bytes, in order; a few are asked for ahead, none is held whole."""
    with ThreadPoolExecutor(_AHEAD) as pool:
        under_way: deque[tuple[StreamObject, Future[Any]]] = deque()
        rest = iter(objects)
        while True:
            while len(under_way) < _AHEAD and (item := next(rest, None)):
                asked = pool.submit(s3.get_object, Bucket=bucket, Key=item.key)
                under_way.append((item, asked))
            if not under_way:
                return
            item, asked = under_way.popleft()
            with closing(asked.result()["Body"]) as body:
                yield item, body.iter_chunks(_CHUNK)
