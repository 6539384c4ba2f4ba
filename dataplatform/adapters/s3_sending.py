"""Objects on their way to S3: several at once, while whoever wrote them goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any, Final

from dataplatform.adapters.s3_objects import put

_AT_ONCE: Final = 8
"""Within the ten connections that boto3 keeps."""


class Sending:
    """Small objects that are sent by threads; nothing is told of them before `settle`.

    Args:
        arriving: what others do meanwhile that must be done by then, too.
    """

    def __init__(self, arriving: Iterable[Future[Any]] = ()) -> None:
        self._lock = threading.Lock()
        self._sent: dict[str, Future[None]] = {}
        self._arriving = tuple(arriving)

    def put(self, location: str, body: bytes, *, overwrite: bool) -> None:
        """Send an object; without `overwrite` S3 refuses to replace one."""
        sent = _threads().submit(put, location, body, overwrite=overwrite)
        with self._lock:
            self._sent[location] = sent

    def wait(self, location: str) -> None:
        """Until this object is there, if it was put here.

        Raises:
            FileExistsError, PermissionError, ClientError: S3 refused it.
        """
        with self._lock:
            sent = self._sent.get(location)
        if sent is not None:
            sent.result()

    def settle(self) -> None:
        """Until every object is there, and what else was arriving.

        Raises:
            FileExistsError, PermissionError, ClientError: S3 refused one; each time it is asked.
            Exception: what else was arriving failed with it.
        """
        for sent in self._all():
            sent.result()

    def end(self) -> None:
        """Until none is on its way any more, whatever became of it."""
        wait(self._all())

    def _all(self) -> list[Future[Any]]:
        with self._lock:
            return [*self._sent.values(), *self._arriving]


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sending")
