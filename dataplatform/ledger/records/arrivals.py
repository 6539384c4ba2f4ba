"""What has come from a source, and up to where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LandedObject:
    """One version of one object in landing.

    `dataset` is "" where no contract claims the object's folder. `checksum` is S3's ETag, which
    under SSE-KMS is not a digest of the bytes. `size` is in bytes.
    """

    dataset: str
    bucket: str
    key: str
    version: str
    size: int
    checksum: str
    arrived_at: str


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last record pulled from a source: the next pull starts after it."""

    updated_at: str
    id: str
