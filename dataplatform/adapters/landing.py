"""Landed objects, read once as a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from dataplatform.errors import UnreadableObject
from dataplatform.ledger.records import LandedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK: Final = 1024 * 1024
_GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class LandedBytes:
    """The bytes of one object version; `sha256` is complete once they are all read.

    The digest is of the bytes as landed: the same file under another name, or uploaded in other
    parts, has the same one, which S3's ETag doesn't promise.
    """

    def __init__(self, s3: S3Client, landed: LandedObject) -> None:
        self._s3 = s3
        self._landed = landed
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        """Chunks of bytes.

        A connection that breaks raises botocore's error, never a short read: the batch is tried
        again, and the object isn't taken for a truncated one.

        Raises:
            UnreadableObject: the version was deleted (erasure) after it had been registered.
        """
        landed = self._landed
        which: dict[str, Any] = {"VersionId": landed.version} if landed.version else {}
        try:
            answer = self._s3.get_object(Bucket=landed.bucket, Key=landed.key, **which)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise UnreadableObject("the object was deleted before it could be read") from error
            raise
        # `with body` would give the raw stream, which takes a cut connection for the end.
        with closing(answer["Body"]) as body:
            for chunk in body.iter_chunks(_CHUNK):
                self._digest.update(chunk)
                yield chunk

    @property
    def sha256(self) -> str:
        """Hex digest of what was read so far."""
        return self._digest.hexdigest()
