"""PyIceberg's files out of the server's own store, without a request to itself."""

from __future__ import annotations

import io
from typing import cast

from ministack.services import s3
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile

from dataplatform.adapters.s3_objects import place


class StoredFiles(FileIO):
    """The server's own objects, read where they are kept."""

    def new_input(self, location: str) -> InputFile:
        """An object to read."""
        return _Stored(location)

    def new_output(self, location: str) -> OutputFile:
        """Queries only read."""
        raise NotImplementedError(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Queries only read."""
        raise NotImplementedError(str(location))


class _Stored(InputFile):
    def __len__(self) -> int:
        return len(self._body())

    def exists(self) -> bool:
        return self._found() is not None

    def open(self, seekable: bool = True) -> InputStream:
        return cast(InputStream, io.BytesIO(self._body()))

    def _body(self) -> bytes:
        if (body := self._found()) is None:
            raise FileNotFoundError(self.location)
        return body

    def _found(self) -> bytes | None:
        body: bytes | None = s3._get_object_data(*place(self.location))
        return body
