from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dataplatform.errors import SourceRejected, SourceUnavailable
from lambdas.api_client import ATTEMPTS, ApiClient, retry_after


@dataclass
class Source:
    """A real HTTP server that answers as scripted, then with 200."""

    script: list[Any] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(*script: Any) -> Iterator[Source]:
    source = Source(list(script))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append((self.path, dict(self.headers)))
            step = source.script.pop(0) if source.script else (200, {}, b"[]")
            if step == "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"[1,")
                self.close_connection = True
                return
            status, headers, content = step
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    source.url = f"http://127.0.0.1:{server.server_port}/v1/sales"
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client(source: Source, waits: list[float] | None = None, left: float = 100) -> ApiClient:
    waited = waits if waits is not None else []
    return ApiClient(
        url=source.url,
        headers={"X-API-Key": "secret"},
        seconds_left=lambda: left - sum(waited),
        sleep=waited.append,
    )


def test_parameters_and_the_key_are_sent() -> None:
    with serving((200, {}, b"[1]")) as source:
        assert client(source).get({"since": "1997-01-01T00:00:00+02:00", "limit": "5"}) == b"[1]"
    path, headers = source.asked[0]
    assert path == "/v1/sales?since=1997-01-01T00%3A00%3A00%2B02%3A00&limit=5"
    assert headers["X-API-Key"] == "secret"


def test_what_passes_is_tried_again_with_jitter() -> None:
    waits: list[float] = []
    with serving((500, {}, b""), "cut", (503, {}, b"")) as source:
        assert client(source, waits).get({}) == b"[]"
    assert len(source.asked) == 4
    assert len(waits) == 3 and all(0 <= wait <= 8 for wait in waits)


def test_a_source_that_stays_down_is_unavailable_after_bounded_tries() -> None:
    with serving(*[(500, {}, b"")] * 50) as source, pytest.raises(SourceUnavailable, match="500"):
        client(source).get({})
    assert len(source.asked) == ATTEMPTS


def test_a_source_that_cannot_be_reached_is_unavailable() -> None:
    with serving() as source:
        pass
    with pytest.raises(SourceUnavailable, match="Connection"):
        client(source).get({})


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_and_is_no_failed_try(status: int) -> None:
    waits: list[float] = []
    with serving(*[(status, {"Retry-After": "3"}, b"")] * (ATTEMPTS + 2)) as source:
        assert client(source, waits).get({}) == b"[]"
    assert waits == [3.0] * (ATTEMPTS + 2)


def test_a_wait_longer_than_the_time_left_is_not_begun() -> None:
    waits: list[float] = []
    busy = (429, {"Retry-After": "3600"}, b"")
    with (
        serving(busy) as source,
        pytest.raises(SourceUnavailable, match="Tries so far: 1; the next would be in 3600 s"),
    ):
        client(source, waits).get({})
    assert waits == []


def test_retry_after_zero_for_ever_does_not_hammer_the_source() -> None:
    with serving(*[(429, {"Retry-After": "0"}, b"")] * 50) as source:
        with pytest.raises(SourceUnavailable):
            client(source).get({})
    assert len(source.asked) == ATTEMPTS


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_a_refusal_is_not_tried_again_and_the_key_follows_no_redirect(status: int) -> None:
    with serving((status, {"Location": "http://127.0.0.1:1/"}, b"no")) as source:
        with pytest.raises(SourceRejected, match=str(status)) as caught:
            client(source).get({})
    assert len(source.asked) == 1
    assert caught.value.remedy and "secret" not in str(caught.value).replace("source's secret", "")


def test_retry_after_may_be_a_date() -> None:
    assert retry_after("7") == 7
    assert 8 < (retry_after(formatdate(time.time() + 10, usegmt=True)) or 0) <= 10
    assert retry_after(formatdate(time.time() - 10, usegmt=True)) == 0
    assert retry_after("soon") is None and retry_after(None) is None
