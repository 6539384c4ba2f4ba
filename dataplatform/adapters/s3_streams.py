"""One object of S3 as a stream: written in parts, or read by ranges."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from dataplatform.adapters.s3_objects import explained, place, put, s3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES: Final = 16 * 1024 * 1024
"""What a stream keeps in memory before it is sent; S3 wants 5 MiB a part at least."""


class ObjectWriter(io.RawIOBase):
    """Bytes to one object: a single put where they fit in memory, else a multipart upload.

    Leaving its `with` by an exception drops the upload; nothing of the object is seen.

    Args:
        whole: is told the bytes of an object that a single put has made.
        client: the process's own if not given.
    """

    def __init__(
        self,
        location: str,
        *,
        overwrite: bool,
        whole: Callable[[bytes], None] | None = None,
        client: S3Client | None = None,
    ) -> None:
        self._s3 = client or s3()
        self._location = location
        self._bucket, self._key = place(location)
        self._overwrite = overwrite
        self._whole = whole
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
            with explained(self._location):
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
            self._s3.abort_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._upload
            )

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
            body = bytes(self._buffer)
            put(self._location, body, overwrite=self._overwrite, client=self._s3)
            if self._whole:
                self._whole(body)
            return
        if self._buffer:
            self._send_part(len(self._buffer))
        condition: dict[str, Any] = {} if self._overwrite else {"IfNoneMatch": "*"}
        self._s3.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            MultipartUpload={"Parts": self._parts},
            **condition,
        )

    def _send_part(self, size: int) -> None:
        with explained(self._location):
            if not self._upload:
                started = self._s3.create_multipart_upload(Bucket=self._bucket, Key=self._key)
                self._upload = started["UploadId"]
            number = len(self._parts) + 1
            answer = self._s3.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload,
                PartNumber=number,
                Body=bytes(self._buffer[:size]),
            )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
        del self._buffer[:size]


class RangedReader(io.RawIOBase):
    """An object as a seekable file: each read is one ranged GET.

    Args:
        client: the process's own if not given.
    """

    def __init__(self, location: str, size: int, *, client: S3Client | None = None) -> None:
        self._s3 = client or s3()
        self._location = location
        self._bucket, self._key = place(location)
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte; nothing is asked of S3."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer by one GET."""
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
        with explained(self._location):
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key, Range=span)
            data = answer["Body"].read()
        self._at += len(data)
        return data
