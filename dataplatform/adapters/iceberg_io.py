"""PyIceberg's files through boto3.

PyArrow's own S3 client doesn't read `AWS_CA_BUNDLE`, nor all else that the AWS SDKs read. boto3
does (endpoint, CA, role, region), so this code is the same everywhere.
Registered by the catalogue property `py-io-impl`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES: Final = 16 * 1024 * 1024
"""What a stream keeps in memory before it is sent; S3 wants 5 MiB a part at least."""

_READ_AHEAD: Final = 4 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket", "NoSuchVersion"})
_FORBIDDEN: Final = frozenset({"403", "AccessDenied"})
_NO_RANGE: Final = frozenset({"416", "InvalidRange"})
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
    bucket, key = _place(location)
    with _explained(location):
        body = s3().get_object(Bucket=bucket, Key=key)["Body"]
        for chunk in body.iter_chunks(_CHUNK):
            target.write(chunk)


def upload(source: Path, location: str) -> None:
    """Copy a file to an object, in parts where it is large.

    Raises:
        PermissionError: S3 refuses.
    """
    from boto3.exceptions import S3UploadFailedError

    bucket, key = _place(location)
    try:
        with _explained(location):
            s3().upload_file(str(source), bucket, key)
    except S3UploadFailedError as error:  # boto3 wraps the refusal, which says why
        with _explained(location):
            raise (error.__context__ or error) from error


class BotoFileIO(FileIO):
    """Reads, writes and deletes objects named `s3://bucket/key`."""

    def new_input(self, location: str) -> BotoInput:
        """An object to read; it is looked for when it is opened."""
        return BotoInput(location)

    def new_output(self, location: str) -> BotoOutput:
        """An object to write; it exists once its stream is closed."""
        return BotoOutput(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete an object; as in S3, one that isn't there is no error."""
        place = location if isinstance(location, str) else location.location
        bucket, key = _place(place)
        with _explained(place):
            s3().delete_object(Bucket=bucket, Key=key)


class BotoInput(InputFile):
    """An object to read."""

    def __len__(self) -> int:
        bucket, key = _place(self.location)
        with _explained(self.location):
            return s3().head_object(Bucket=bucket, Key=key)["ContentLength"]

    def exists(self) -> bool:
        """Whether the object is there."""
        try:
            len(self)
        except FileNotFoundError:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:
        """The object as a stream; `seekable` ones read ranges, ahead of what is asked.

        A table's metadata are small objects that are read whole, many for each table: so the first
        request asks for what most of them are, and only a larger one is asked for more.
        """
        if not seekable:
            return cast(InputStream, io.BytesIO(self._get("bytes=0-")[0]))
        start, size = self._get(f"bytes=0-{_READ_AHEAD - 1}")
        if size <= len(start):
            return cast(InputStream, io.BytesIO(start))
        return cast(InputStream, io.BufferedReader(_RangedReader(self.location, size), _READ_AHEAD))

    def _get(self, span: str) -> tuple[bytes, int]:
        """Bytes of the object, and how many it has in all."""
        bucket, key = _place(self.location)
        with _explained(self.location):
            try:
                answer = s3().get_object(Bucket=bucket, Key=key, Range=span)
            except ClientError as error:
                if error.response["Error"]["Code"] in _NO_RANGE:
                    return b"", 0  # an empty object has no first byte
                raise
            body = answer["Body"].read()
        return body, int(answer.get("ContentRange", f"/{len(body)}").rpartition("/")[2])


class BotoOutput(OutputFile):
    """An object to write."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._stream: ObjectWriter | None = None

    def __len__(self) -> int:
        if self._stream is not None and self._stream.made:
            return self._stream.tell()
        return len(self.to_input_file())

    def exists(self) -> bool:
        """Whether the object is there already."""
        return self.to_input_file().exists()

    def to_input_file(self) -> BotoInput:
        """The same object, to read."""
        return BotoInput(self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        """A stream that becomes the object when it is closed, at once and whole.

        Without `overwrite` S3 itself refuses to replace an object, when the stream is closed.
        """
        self._stream = ObjectWriter(self.location, overwrite=overwrite)
        return cast(OutputStream, self._stream)


class ObjectWriter(io.RawIOBase):
    """Bytes to one object: a single put where they fit in memory, else a multipart upload.

    Leaving its `with` by an exception drops the upload; nothing of the object is seen.
    """

    def __init__(self, location: str, *, overwrite: bool) -> None:
        self._location = location
        self._bucket, self._key = _place(location)
        self._condition: dict[str, Any] = {} if overwrite else {"IfNoneMatch": "*"}
        self._buffer = bytearray()
        self._written = 0
        self._upload = ""
        self._parts: list[CompletedPartTypeDef] = []
        self.made = False
        """Whether the object is there."""

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes written so far."""
        return self._written

    def write(self, data: Any) -> int:
        """Take bytes; whole parts are sent at once."""
        view = memoryview(data).cast("B")
        self._buffer += view
        self._written += len(view)
        while len(self._buffer) >= 2 * PART_BYTES:
            self._send_part(PART_BYTES)
        return len(view)

    def close(self) -> None:
        """Make the object; FileExistsError where it is there and must not be replaced."""
        if self.closed:
            return
        try:
            with _explained(self._location):
                self._finish()
        except BaseException:
            self.discard()
            raise
        self.made = True
        super().close()

    def discard(self) -> None:
        """Forget what was written."""
        if self.closed:
            return
        super().close()
        if self._upload:
            s3().abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _finish(self) -> None:
        if not self._upload:
            s3().put_object(
                Bucket=self._bucket, Key=self._key, Body=bytes(self._buffer), **self._condition
            )
            return
        if self._buffer:
            self._send_part(len(self._buffer))
        s3().complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            MultipartUpload={"Parts": self._parts},
            **self._condition,
        )

    def _send_part(self, size: int) -> None:
        with _explained(self._location):
            if not self._upload:
                started = s3().create_multipart_upload(Bucket=self._bucket, Key=self._key)
                self._upload = started["UploadId"]
            number = len(self._parts) + 1
            answer = s3().upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload,
                PartNumber=number,
                Body=bytes(self._buffer[:size]),
            )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
        del self._buffer[:size]


class _RangedReader(io.RawIOBase):
    """An object as a seekable file: each read is one ranged GET."""

    def __init__(self, location: str, size: int) -> None:
        self._location = location
        self._bucket, self._key = _place(location)
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._get(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """What is left, by one GET; the base class would ask for 8 KiB at a time."""
        return self._get(self._size)

    def _get(self, count: int) -> bytes:
        wanted = min(count, self._size - self._at)
        if wanted <= 0:
            return b""
        span = f"bytes={self._at}-{self._at + wanted - 1}"
        with _explained(self._location):
            answer = s3().get_object(Bucket=self._bucket, Key=self._key, Range=span)
            data = answer["Body"].read()
        self._at += len(data)
        return data


def _place(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    if parts.scheme not in ("s3", "s3a", "s3n"):
        raise ValueError(f"{location} isn't in S3")
    return parts.netloc, location.split(parts.netloc, 1)[1].lstrip("/")


@contextmanager
def _explained(location: str) -> Iterator[None]:
    """S3's refusals as the errors that PyIceberg expects of a file system."""
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
