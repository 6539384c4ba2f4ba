"""S3 as executors use it: each Python worker has a client of its own, as the job's role may."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import boto3

from dataplatform.adapters.landing import bytes_from
from dataplatform.adapters.parquet_files import Output
from dataplatform.adapters.s3_objects import place
from dataplatform.adapters.s3_streams import ObjectWriter, RangedReader
from dataplatform.ledger.records import LandedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_READ_AHEAD: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class S3Objects:
    """Objects in S3, read and written as the job's role may.

    Args:
        region: Glue tells it to the driver alone.
    """

    region: str

    def read(self, landed: LandedObject, start: int) -> Iterator[bytes]:
        """The bytes of an object version from an offset on."""
        return bytes_from(_client(self.region), landed, start)

    def create(self, location: str) -> Output:
        """An object to write: it is there once it is closed."""
        return ObjectWriter(location, overwrite=True, client=_client(self.region))

    def open(self, location: str, size: int) -> BinaryIO:
        """An object that was written, read by ranges."""
        reader = RangedReader(location, size, client=_client(self.region))
        return cast(BinaryIO, io.BufferedReader(reader, _READ_AHEAD))

    def remove(self, location: str) -> None:
        """Delete an object."""
        bucket, key = place(location)
        _client(self.region).delete_object(Bucket=bucket, Key=key)


@lru_cache(maxsize=1)
def _client(region: str) -> S3Client:
    return boto3.client("s3", region_name=region)
