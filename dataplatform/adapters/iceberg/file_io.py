"""PyIceberg's files through boto3.

PyArrow's own S3 client doesn't read `AWS_CA_BUNDLE`, nor all else that the AWS SDKs read.
Registered by the catalogue property `py-io-impl`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from botocore.exceptions import ClientError
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from dataplatform.adapters.iceberg.kept import kept
from dataplatform.adapters.s3_objects import explained, place, s3
from dataplatform.adapters.s3_sending import Sending
from dataplatform.adapters.s3_streams import ObjectWriter, RangedReader

_READ_AHEAD: Final = 4 * 1024 * 1024
_NO_RANGE: Final = frozenset({"416", "InvalidRange"})


class BotoFileIO(FileIO):
    """Reads, writes and deletes objects named `s3://bucket/key`.

    sending: where it is set, objects are on their way once their stream is closed, and there once
        it is settled.
    """

    sending: Sending | None = None

    def new_input(self, location: str) -> BotoInput:
        """An object to read; it is looked for when it is opened."""
        if self.sending and kept.get(location) is None:
            self.sending.wait(location)
        return BotoInput(location)

    def new_output(self, location: str) -> BotoOutput:
        """An object to write; it exists once its stream is closed."""
        return BotoOutput(location, self.sending)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete an object; as in S3, one that isn't there is no error."""
        named = location if isinstance(location, str) else location.location
        if self.sending:
            self.sending.end()
        bucket, key = place(named)
        with explained(named):
            s3().delete_object(Bucket=bucket, Key=key)


class BotoInput(InputFile):
    """An object to read."""

    def __len__(self) -> int:
        bucket, key = place(self.location)
        with explained(self.location):
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
        if (known := kept.get(self.location)) is not None:
            return cast(InputStream, io.BytesIO(known))
        start, size = self._get(f"bytes=0-{_READ_AHEAD - 1}")
        if size <= len(start):
            kept.keep(self.location, start)
            return cast(InputStream, io.BytesIO(start))
        return cast(InputStream, io.BufferedReader(RangedReader(self.location, size), _READ_AHEAD))

    def _get(self, span: str) -> tuple[bytes, int]:
        """Bytes of the object, and how many it has in all."""
        bucket, key = place(self.location)
        with explained(self.location):
            try:
                answer = s3().get_object(Bucket=bucket, Key=key, Range=span)
            except ClientError as error:
                if error.response["Error"]["Code"] in _NO_RANGE:
                    return b"", 0  # an empty object has no first byte
                raise
            body = answer["Body"].read()
        return body, int(answer.get("ContentRange", f"/{len(body)}").rpartition("/")[2])


class BotoOutput(OutputFile):
    """An object to write; by `sending`, if it is told."""

    def __init__(self, location: str, sending: Sending | None = None) -> None:
        super().__init__(location)
        self._sending = sending
        self._stream: ObjectWriter | None = None
        self._size = -1

    def __len__(self) -> int:
        if self._size >= 0:
            return self._size
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

        Without `overwrite` S3 itself refuses to replace an object, when the stream is closed or
        what is sent is settled.
        """
        if self._sending is not None:
            send = partial(self._send, self._sending, overwrite=overwrite)
            return cast(OutputStream, _Whole(send))
        keep = partial(kept.keep, self.location)
        self._stream = ObjectWriter(self.location, overwrite=overwrite, whole=keep)
        return cast(OutputStream, self._stream)

    def _send(self, sending: Sending, body: bytes, *, overwrite: bool) -> None:
        self._size = len(body)
        kept.keep(self.location, body)  # its name is its own: where S3 refuses it, nobody asks
        sending.put(self.location, body, overwrite=overwrite)


class _Whole(io.BytesIO):
    """Bytes that are handed on when they are all there."""

    def __init__(self, done: Callable[[bytes], None]) -> None:
        super().__init__()
        self._done = done

    def close(self) -> None:
        """Hand them on, once."""
        if not self.closed:
            self._done(self.getvalue())
        super().close()
