"""A sample of a landed object: two small ranged reads, however large it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from dataplatform.adapters.landing import place_of
from dataplatform.drift.shape import Sample
from dataplatform.ledger.records import LandedObject
from dataplatform.parsing.stream import is_packed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SAMPLE_BYTES: Final = 64 * 1024
"""Of the head and, of an object that isn't packed, once more of its middle."""

_UNREADABLE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404", "InvalidRange", "416"})


def sample(s3: S3Client, landed: LandedObject) -> Sample | None:
    """Read a sample; None of an object that is empty or gone, which staging says.

    Raises:
        ClientError: S3 refuses.
    """
    return sample_from(lambda start: _range(s3, landed, start), landed.size)


def sample_from(read: Callable[[int], bytes | None], size: int) -> Sample | None:
    """A sample of something of `size` bytes, wherever it lies; None where it is empty or gone.

    Args:
        read: up to SAMPLE_BYTES from an offset; None where there is nothing to read.
    """
    head = read(0) if size else None
    if head is None:
        return None
    if size < 4 * SAMPLE_BYTES or is_packed(head):
        return Sample(head, whole=size <= SAMPLE_BYTES)
    return Sample(head, read(size // 2) or b"")


def _range(s3: S3Client, landed: LandedObject, start: int) -> bytes | None:
    wanted = f"bytes={start}-{start + SAMPLE_BYTES - 1}"
    try:
        return s3.get_object(**place_of(landed), Range=wanted)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNREADABLE:
            return None
        raise
