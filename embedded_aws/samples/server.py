"""An HTTP API over FoodMart's sales, with the manners of a third party's.

    GET   /v1/sales?updated_since=<ISO 8601>&after_id=<id>&limit=<1-5000>   header X-Api-Key
    GET   /_control                faults in force
    POST  /_control                {"down": false, "rates": {"429": 0.1, "500": 0, "cut": 0},
                                    "shape": {"added": ["till"], "dropped": ["store_cost"],
                                              "retyped": [], "renamed": {}}}
    GET   /_control/requests       what was asked for, oldest first
    PATCH /_control/sales/<id>     {"unit_sales": "3.0000"}: a corrected line, updated now

Lines come in the order (updated_at, id), strictly after the cursor. It listens on 127.0.0.1 alone;
faults are forgotten at its end, edits and the request log are kept in the state directory.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from embedded_aws.samples.faults import Fault, FaultSequence
from embedded_aws.samples.sales import MEASURES, Request, SalesStore, UnknownSale, instant

MAX_LIMIT: Final = 5_000
_RETRY_AFTER_SECONDS: Final = 1
_DECIMAL: Final = re.compile(r"-?\d{1,6}(\.\d{1,4})?")
_EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)


class BadRequest(ValueError):
    """The caller's mistake; the message tells which."""


@dataclass(frozen=True)
class SalesApi:
    """What the handlers share."""

    store: SalesStore
    faults: FaultSequence
    key: str

    def server(self, port: int) -> ThreadingHTTPServer:
        """A server on 127.0.0.1; port 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        handler = type("Handler", (_Handler,), {"api": self})
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        server.daemon_threads = True
        return server


class _Handler(BaseHTTPRequestHandler):
    api: SalesApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/v1/sales":
            self._sales()
        elif path == "/_control":
            self._control(lambda: self.api.faults.settings.to_json())
        elif path == "/_control/requests":
            self._control(lambda: {"requests": self.api.store.requests()})
        else:
            self._error(HTTPStatus.NOT_FOUND, f"no such path: {path}")

    def do_POST(self) -> None:
        if urlsplit(self.path).path == "/_control":
            self._control(self._configure)
        else:
            self._error(HTTPStatus.NOT_FOUND, f"no such path: {self.path}")

    def do_PATCH(self) -> None:
        prefix, _, sale = urlsplit(self.path).path.rpartition("/")
        if prefix == "/_control/sales":
            self._control(lambda: self._edit(sale))
        else:
            self._error(HTTPStatus.NOT_FOUND, f"no such path: {self.path}")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the request log says more."""

    def _sales(self) -> None:
        fault = self.api.faults.next()
        if fault is Fault.DOWN:
            self._hang_up()
            return
        if fault is Fault.CLOSED:
            retry = {"Retry-After": str(self.api.faults.settings.closed_for)}
            self._error(HTTPStatus.SERVICE_UNAVAILABLE, "closed for maintenance", retry)
            return
        if self.headers.get("X-Api-Key") != self.api.key:
            self._error(HTTPStatus.UNAUTHORIZED, "X-Api-Key is missing or wrong")
            return
        try:
            updated_since, after_id, limit = _cursor(self.path)
        except BadRequest as error:
            self._error(HTTPStatus.BAD_REQUEST, str(error))
            return
        rows: list[dict[str, Any]] = []
        more = False
        if fault in (Fault.NONE, Fault.CUT):
            found, more = self.api.store.page(updated_since, after_id, limit)
            rows = [self.api.faults.settings.shape.of(row) for row in found]
        status = HTTPStatus(int(fault)) if fault.isdigit() else HTTPStatus.OK
        sent = 0 if fault else len(rows)
        self.api.store.record(
            Request(_now(), updated_since, after_id, limit, status.value, sent, fault.value)
        )
        self._answer_sales(fault, {"data": rows, "has_more": more})

    def _answer_sales(self, fault: Fault, body: dict[str, Any]) -> None:
        if fault is Fault.THROTTLED:
            retry = {"Retry-After": str(_RETRY_AFTER_SECONDS)}
            self._error(HTTPStatus.TOO_MANY_REQUESTS, "slow down", retry)
        elif fault is Fault.BROKEN:
            self._error(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong")
        else:
            self._send(HTTPStatus.OK, body, cut=fault is Fault.CUT)

    def _configure(self) -> dict[str, Any]:
        try:
            self.api.faults.configure(self.api.faults.settings.changed(self._body()))
        except (TypeError, ValueError) as error:
            raise BadRequest(str(error)) from error
        return self.api.faults.settings.to_json()

    def _edit(self, sale: str) -> dict[str, Any]:
        body = self._body()
        if not body or not set(body) <= set(MEASURES):
            raise BadRequest(f"give one or more of {', '.join(MEASURES)}")
        measures = {name: str(value) for name, value in body.items()}
        for name, value in measures.items():
            if not _DECIMAL.fullmatch(value):
                raise BadRequest(f"{name}: {value!r} is no decimal(10,4)")
        return self.api.store.edit(sale, measures)

    def _control(self, act: Callable[[], dict[str, Any]]) -> None:
        if self.headers.get("Origin"):
            self._error(HTTPStatus.FORBIDDEN, "not for pages in a browser")
            return
        try:
            answer = act()
        except BadRequest as error:
            self._error(HTTPStatus.BAD_REQUEST, str(error))
        except UnknownSale as error:
            self._error(HTTPStatus.NOT_FOUND, f"no sale line {error}")
        else:
            self._send(HTTPStatus.OK, answer)

    def _body(self) -> dict[str, Any]:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(text)
        except ValueError as error:
            raise BadRequest(f"the body isn't JSON: {error}") from error
        if not isinstance(body, dict):
            raise BadRequest("the body isn't a JSON object")
        return body

    def _error(
        self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None
    ) -> None:
        # The body may not have been read: the next request on this connection would begin in it.
        self.close_connection = True
        self._send(status, {"error": {"status": status.value, "message": message}}, headers)

    def _send(
        self,
        status: HTTPStatus,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        content = json.dumps(body, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if cut:
            self.wfile.write(content[: len(content) // 2])
            self._hang_up()
        else:
            self.wfile.write(content)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _cursor(path: str) -> tuple[str, str, int]:
    given = {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()}
    unknown = set(given) - {"updated_since", "after_id", "limit"}
    if unknown:
        raise BadRequest(f"unknown parameter: {', '.join(sorted(unknown))}")
    try:
        since = _moment(given.get("updated_since", ""))
        limit = int(given.get("limit", "1000"))
    except ValueError as error:
        raise BadRequest(str(error)) from error
    if not 1 <= limit <= MAX_LIMIT:
        raise BadRequest(f"limit: {limit}; 1 to {MAX_LIMIT}")
    return instant(since), given.get("after_id", ""), limit


def _moment(text: str) -> datetime:
    """A time without a zone is UTC."""
    if not text:
        return _EARLIEST
    moment = datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped "+" arrives as a space
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _now() -> str:
    return instant(datetime.now(UTC))
