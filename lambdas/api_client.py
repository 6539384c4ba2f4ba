"""HTTP to a source that is sometimes busy, sometimes broken, sometimes right to refuse."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

import urllib3
from urllib3.exceptions import HTTPError

from dataplatform.errors import SourceRejected, SourceUnavailable

ATTEMPTS: Final = 5
"""Tries of one request, but for those that the source itself put off (429, 503)."""

_BASE_SECONDS: Final = 0.5
_CAP_SECONDS: Final = 10.0
_TIMEOUT: Final = urllib3.Timeout(connect=5, read=30)
_PUT_OFF: Final = frozenset({429, 503})
"""Answers that may say in Retry-After when to come again."""

_PASSING: Final = _PUT_OFF | {408, 425, 500, 502, 504}


class Pool(Protocol):
    """What is used of urllib3's PoolManager."""

    def request(
        self,
        method: str,
        url: str,
        *,
        fields: Mapping[str, str],
        headers: Mapping[str, str],
        timeout: urllib3.Timeout,
        retries: bool,
        redirect: bool,
    ) -> urllib3.BaseHTTPResponse:
        """One request."""
        ...


@dataclass(kw_only=True)
class ApiClient:
    """GETs below one URL. `seconds_left` bounds all waiting."""

    url: str
    headers: Mapping[str, str]
    seconds_left: Callable[[], float]
    pool: Pool = field(default_factory=urllib3.PoolManager)
    sleep: Callable[[float], None] = time.sleep

    def get(self, parameters: Mapping[str, str]) -> bytes:
        """The body of a 200.

        Raises:
            SourceUnavailable: busy or broken for longer than it can be waited for.
            SourceRejected: it refuses (key, path, parameters): trying again won't help.
        """
        tried = failed = 0
        while True:
            tried += 1
            said, wait = self._try(parameters)
            if isinstance(said, bytes):
                return said
            if wait is None:
                failed += 1
                wait = random.uniform(0, min(_CAP_SECONDS, _BASE_SECONDS * 2**failed))
            if failed == ATTEMPTS or wait > self.seconds_left():
                raise SourceUnavailable(
                    f"{self.url}: {said}",
                    why=f"Tries so far: {tried}; the next would be in {wait:.0f} s."
                    " What was pulled before is landed.",
                    remedy="The pipeline tries again; if it goes on, ask the source's owner.",
                )
            self.sleep(wait)

    def _try(self, parameters: Mapping[str, str]) -> tuple[bytes | str, float | None]:
        """The body; or what went wrong and, where the source says so, how long to wait."""
        try:
            answer = self.pool.request(
                "GET",
                self.url,
                fields=parameters,
                headers=self.headers,
                timeout=_TIMEOUT,
                retries=False,
                redirect=False,
            )
        except HTTPError as error:
            return f"{type(error).__name__}: {error}", None
        if answer.status == 200:
            return answer.data, None
        if answer.status in _PASSING:
            said = f"{answer.status} {answer.reason or ''}".strip()
            if answer.status not in _PUT_OFF:
                return said, None
            # "Retry-After: 0" counts as a failed try, lest the two ask and refuse for minutes.
            return said, retry_after(answer.headers.get("Retry-After")) or None
        raise SourceRejected(
            f"{self.url}: {answer.status} {answer.reason or ''}: {answer.data[:200]!r}",
            why="The source refuses, so nothing was pulled; trying again won't help.",
            remedy=_REMEDIES.get(answer.status, "Compare the contract's server with the API."),
        )


_REMEDIES: Final = {
    401: "Put a valid key into the source's secret.",
    403: "Put a key that may read this path into the source's secret.",
    404: "Correct the source's base URL (its parameter) or path (the contract).",
}


def retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a Retry-After header: a number or an HTTP date; None where neither."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
