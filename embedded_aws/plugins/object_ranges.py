"""Ranged reads of S3 objects give the range alone, of an old version too, and read no more of it.

MiniStack gives the whole object where a read names its version, whatever range it asks for: who
reads a large object by parts gets it all, again and again, and never comes to its end. Where no
version is named it reads the whole file to give a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ministack.services import s3

_stock_get = s3._get_object
_stock_body = s3._read_body
_stock_version_body = s3._version_body

_ranged: Final = ContextVar("ranged", default=False)
"""Whether the request under way takes a slice of the body."""

Answer = tuple[int, dict[str, str], Any]


@dataclass(frozen=True)
class _File:
    """A body on disk, of which a slice is read when it is taken."""

    path: Path

    def __len__(self) -> int:
        return self.path.stat().st_size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(max(0, stop - start))


def install() -> None:
    """Read ranges as S3 does."""
    s3._get_object = _get
    s3._read_body = _body
    s3._version_body = _version_body


def _get(
    bucket_name: str, key: str, headers: Mapping[str, str], query_params: Any = None
) -> Answer:
    wanted = headers.get("range", "")
    if not wanted:
        whole: Answer = _stock_get(bucket_name, key, headers, query_params)
        return whole
    # A checksum is of the whole object: none goes with a part of it.
    asked = {name: value for name, value in headers.items() if name != "x-amz-checksum-mode"}
    token = _ranged.set(True)
    try:
        status, answered, body = _stock_get(bucket_name, key, asked, query_params)
    finally:
        _ranged.reset(token)
    return (
        (status, answered, body)
        if status != 200
        else _part(bucket_name, key, wanted, answered, body)
    )


def _part(bucket_name: str, key: str, wanted: str, headers: Mapping[str, str], body: Any) -> Answer:
    """What a read of a version should have answered."""
    size = len(body)
    found = s3._parse_range(wanted, size)
    if found is None:
        refused = {"Content-Type": "application/xml", "Content-Range": f"bytes */{size}"}
        return 416, refused, s3._xml_body(s3._range_error_xml(bucket_name, key))
    start, end = found
    part = body[start : end + 1]
    place = {
        "Content-Length": str(len(part)),
        "Content-Range": f"bytes {start}-{end}/{size}",
    }
    return 206, {**headers, **place}, part


def _body(bucket_name: str, key: str, obj: Mapping[str, Any]) -> Any:
    if _ranged.get() and obj.get("body") is None and s3.S3_PERSIST:
        path = s3._object_disk_path(bucket_name, key)
        if path is not None and Path(path).is_file():
            return _File(Path(path))
    return _stock_body(bucket_name, key, obj)


def _version_body(bucket: Any, bucket_name: str, key: str, version: Mapping[str, Any]) -> Any:
    number = version["version_id"]
    if (
        _ranged.get()
        and version.get("data") is None
        and s3.S3_PERSIST
        and s3._version_file_exists(bucket_name, key, number)
    ):
        return _File(Path(s3._version_disk_path(bucket_name, key, number)))
    return _stock_version_body(bucket, bucket_name, key, version)
