"""Attempts that are killed at one of their calls to AWS, and calls whose answers are lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectionClosedError


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
