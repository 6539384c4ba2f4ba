"""Objects of S3 by their location (`s3://bucket/key`): one client, copies, and refusals told.

boto3 reads endpoint, CA, role and region as all AWS SDKs do, so this is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK: Final = 1024 * 1024
_ONE_PUT: Final = 8 * 1024 * 1024
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket", "NoSuchVersion"})
_FORBIDDEN: Final = frozenset({"403", "AccessDenied"})
_EXISTS: Final = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})


@lru_cache(maxsize=1)
def s3() -> S3Client:
    """One client a process; it is safe to share between threads."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 6}))


def download(location: str, target: BinaryIO) -> None:
    """Copy an object to a file, a chunk at a time.

    Raises:
        FileNotFoundError: it isn't there.
        PermissionError: S3 refuses.
    """
    bucket, key = place(location)
    with explained(location):
        body = s3().get_object(Bucket=bucket, Key=key)["Body"]
        for chunk in body.iter_chunks(_CHUNK):
            target.write(chunk)


def put(location: str, body: bytes, *, overwrite: bool, client: S3Client | None = None) -> None:
    """Make an object; without `overwrite` S3 refuses to replace one.

    Args:
        client: the process's own if not given.

    Raises:
        FileExistsError: another is there, which must not be replaced.
        PermissionError: S3 refuses.
    """
    bucket, key = place(location)
    client = client or s3()
    try:
        with explained(location):
            if overwrite:
                client.put_object(Bucket=bucket, Key=key, Body=body)
            else:
                client.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except FileExistsError:
        # Where an answer is lost boto3 asks again, and S3 refuses what it has done already.
        if client.get_object(Bucket=bucket, Key=key)["Body"].read() != body:
            raise


def upload(source: Path, location: str) -> None:
    """Copy a file to an object, in parts where it is large.

    Raises:
        PermissionError: S3 refuses.
    """
    from boto3.exceptions import S3UploadFailedError

    bucket, key = place(location)
    if source.stat().st_size <= _ONE_PUT:  # boto3 would send it so too, by threads of its own
        with explained(location):
            s3().put_object(Bucket=bucket, Key=key, Body=source.read_bytes())
        return
    try:
        with explained(location):
            s3().upload_file(str(source), bucket, key)
    except S3UploadFailedError as error:  # boto3 wraps the refusal, which says why
        with explained(location):
            raise (error.__context__ or error) from error


def place(location: str) -> tuple[str, str]:
    """Bucket and key of a location.

    Raises:
        ValueError: it isn't in S3.
    """
    # By hand: to a parser of URLs, what follows "#" or "?" isn't the key's.
    scheme, _, rest = location.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise ValueError(f"{location} isn't in S3")
    return bucket, key.lstrip("/")


@contextmanager
def explained(location: str) -> Iterator[None]:
    """S3's refusals as the errors of a file system, which PyIceberg expects too."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise FileNotFoundError(f"{location} isn't there") from error
        if code in _FORBIDDEN:
            raise PermissionError(f"{location}: access denied") from error
        if code in _EXISTS:
            raise FileExistsError(f"{location} is there already") from error
        raise
