"""Versions of S3 objects stay on disk, not in memory too.

MiniStack drops the body of an object that it has written to disk, but keeps the copy that its
version list holds: a versioned lake of 1 GB would be 1 GB of the server's memory.
"""

from __future__ import annotations

from typing import Any

from ministack.services import s3

_stock_persist = s3._persist_object


def install() -> None:
    """Forget bodies that can be read from disk."""
    s3._persist_object = _persist


def _persist(bucket: str, key: str, record: Any) -> None:
    _stock_persist(bucket, key, record)
    if not isinstance(record, dict) or record.get("body") is not None:
        return  # It couldn't be written; stock has said so.
    current = record.get("version_id") or "null"
    for version in s3._object_versions.get((bucket, key)) or ():
        identifier = version["version_id"]
        if identifier == current or s3._version_file_exists(bucket, key, identifier):
            version["data"] = None
