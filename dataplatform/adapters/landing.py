"""Landed objects, read once as a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from dataplatform.errors import UnreadableObject, WeirError
from dataplatform.ledger.records import LandedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK: Final = 1024 * 1024
_PART: Final = 32 * 1024 * 1024
_TRIES: Final = 3
_GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
_BEYOND: Final = frozenset({"InvalidRange", "416"})


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

        Where a connection breaks, another goes on at that byte: gigabytes are parsed for minutes,
        and S3 closes what is read so slowly. One that breaks time and again without a byte more
        raises botocore's error, never a short read: the object isn't taken for a truncated one.

        Raises:
            UnreadableObject: the version was deleted (erasure) after it had been registered.
        """
        at = broken = 0
        while True:
            try:
                for chunk in self._rest(at):
                    at, broken = at + len(chunk), 0
                    self._digest.update(chunk)
                    yield chunk
                return
            except (HTTPClientError, IncompleteReadError):
                broken += 1
                if broken == _TRIES:
                    raise

    def _rest(self, at: int) -> Iterator[bytes]:
        """What one connection gives from a byte on."""
        wanted: dict[str, Any] = {"Range": f"bytes={at}-"} if at else {}
        try:
            answer = self._s3.get_object(**place_of(self._landed), **wanted)
        except ClientError as error:
            _refuse_gone(error)
            raise
        if at:
            _check_range(answer.get("ContentRange", ""), at)
        # `with body` would give the raw stream, which takes a cut connection for the end.
        with closing(answer["Body"]) as body:
            yield from body.iter_chunks(_CHUNK)

    @property
    def sha256(self) -> str:
        """Hex digest of what was read so far."""
        return self._digest.hexdigest()


def bytes_from(s3: S3Client, landed: LandedObject, start: int = 0) -> Iterator[bytes]:
    """The bytes of one object version from an offset to its end, in chunks.

    Asked for in parts, each of which is asked for again where its connection breaks: reading may
    take hours, and one connection doesn't last so long.

    Raises:
        UnreadableObject: as `LandedBytes`.
    """
    while True:
        part = _part(s3, landed, start)
        for at in range(0, len(part), _CHUNK):
            yield part[at : at + _CHUNK]
        if len(part) < _PART:
            return
        start += len(part)


def _part(s3: S3Client, landed: LandedObject, start: int) -> bytes:
    """At most `_PART` bytes; fewer at the object's end."""
    wanted = f"bytes={start}-{start + _PART - 1}"
    for attempt in range(1, _TRIES + 1):
        try:
            answer = s3.get_object(**place_of(landed), Range=wanted)
            _check_range(answer.get("ContentRange", ""), start)
            return answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _BEYOND:
                return b""
            _refuse_gone(error)
            raise
        except (HTTPClientError, IncompleteReadError):
            if attempt == _TRIES:
                raise
    raise AssertionError("unreachable")


def _check_range(given: str, start: int) -> None:
    """A store that doesn't know ranges gives all of the object for each: it would never end."""
    if not given.startswith(f"bytes {start}-"):
        raise WeirError(
            f"S3 was asked for bytes from {start} on and answered with range {given or 'none'!r}",
            why="Parts of the object can't be told from each other; nothing of it is staged.",
            remedy="Let what answers for S3 support ranged reads of an object's version.",
        )


def place_of(landed: LandedObject) -> dict[str, Any]:
    """The arguments by which S3's calls name an object version."""
    which = {"VersionId": landed.version} if landed.version else {}
    return {"Bucket": landed.bucket, "Key": landed.key, **which}


def _refuse_gone(error: ClientError) -> None:
    if error.response["Error"]["Code"] in _GONE:
        raise UnreadableObject("the object was deleted before it could be read") from error
