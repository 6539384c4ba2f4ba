"""Attempts that are killed at one of their calls to AWS, and calls whose answers are lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError


class Killed(BaseException):
    """Ends an attempt where a signal would."""


@dataclass(frozen=True)
class Death:
    """An attempt's end: at which of its calls to AWS, and whether AWS had done what it asked."""

    call: int
    done: bool


@contextmanager
def dying(death: Death) -> Iterator[None]:
    """Kill what runs inside at one of its calls; later calls of its threads aren't made."""
    stock, lock, calls = BaseClient._make_api_call, threading.Lock(), 0  # type: ignore[attr-defined]

    def call(client: Any, name: str, asked: Any) -> Any:
        nonlocal calls
        with lock:
            calls += 1
            number = calls
        if number > death.call or (number == death.call and not death.done):
            raise Killed
        answer = stock(client, name, asked)
        if number == death.call:
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        yield


@dataclass(frozen=True)
class Request:
    """One of an attempt's requests, told apart by what is asked of what and how often before."""

    operation: str
    of: str
    before: int

    @property
    def writes(self) -> bool:
        """Whether AWS is another afterwards."""
        return not self.operation.startswith(("BatchGet", "Get", "List", "Query"))

    def __str__(self) -> str:
        return f"{self.operation} {self.of} {self.before}"


@contextmanager
def requests() -> Iterator[list[Request]]:
    """Note what runs inside asks of AWS."""
    with _calling(None, done=False) as asked:
        yield asked


@contextmanager
def failing(request: Request, *, done: bool) -> Iterator[list[Request]]:
    """Let one request fail for good, before or after AWS has done what it asks; others go on.

    Yields:
        What has been asked so far.
    """
    with _calling(request, done=done) as asked:
        yield asked


@contextmanager
def _calling(failing: Request | None, *, done: bool) -> Iterator[list[Request]]:
    stock, lock = BaseClient._make_api_call, threading.Lock()  # type: ignore[attr-defined]
    asked: list[Request] = []
    often: Counter[tuple[str, str]] = Counter()

    def call(client: Any, name: str, given: Mapping[str, Any]) -> Any:
        of = _of(given)
        with lock:
            request = Request(name, of, often[name, of])
            often[name, of] += 1
            asked.append(request)
        if request != failing:
            return stock(client, name, given)
        if done:
            stock(client, name, given)
        raise ReadTimeoutError(endpoint_url=str(request))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        yield asked


def _of(given: Mapping[str, Any]) -> str:
    """What a request is about, in words that are the same from attempt to attempt."""
    if isinstance(key := given.get("Key"), str):
        file = PurePosixPath(key)
        kind = "list.avro" if file.name.startswith("snap-") else "".join(file.suffixes[-2:])
        return f"{given['Bucket']} {kind}"
    if "Name" in given or "TableInput" in given:
        return str(given.get("Name") or given["TableInput"]["Name"])
    item = key or given.get("Item", {})
    return str(item.get("pk", "")).partition("#")[0]


@contextmanager
def answers_lost(operation: str) -> Iterator[list[str]]:
    """Lose the first answer to each request of an operation: boto3 asks the same again.

    Yields:
        The URLs of those requests.
    """
    stock, lost = Endpoint._do_get_response, []  # type: ignore[attr-defined]
    told: set[str] = set()

    def answer(endpoint: Any, request: Any, model: Any, context: Any) -> Any:
        answered = stock(endpoint, request, model, context)
        asked = request.headers["amz-sdk-invocation-id"]
        if model.name != operation or asked in told:
            return answered
        told.add(asked)
        lost.append(request.url)
        return None, ConnectionClosedError(endpoint_url=request.url)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Endpoint, "_do_get_response", answer)
        patched.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
        yield lost
