"""Landed objects as executors read them: each Python worker has an S3 client of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import boto3

from dataplatform.adapters.landing import bytes_from
from dataplatform.ledger.records import LandedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class S3Objects:
    """Objects in S3, read as the job's role may.

    Args:
        region: Glue tells it to the driver alone.
    """

    region: str

    def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
        """The bytes of an object version from an offset on."""
        return bytes_from(_client(self.region), landed, start)


@lru_cache(maxsize=1)
def _client(region: str) -> S3Client:
    return boto3.client("s3", region_name=region)
