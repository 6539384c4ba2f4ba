"""A sample from the web, with nothing but the standard library: http(s) alone, bounded in size."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit

from cli.inference.reading import Show, unusable

MOST_BYTES: Final = 2 << 30
_SECONDS: Final = 60
_PIECE: Final = 1024 * 1024
_AGENT: Final = "weir"


class _OnlyWeb(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to http(s) alone, and from https to https alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: HTTPMessage, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            raise urllib.error.URLError(f"redirected to {newurl.partition('?')[0]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def origin_of(address: str) -> str:
    """A web address without what may be secret in it: user, password, query."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def fetched(address: str, folder: Path, show: Show, *, most: int = MOST_BYTES) -> Path:
    """Fetch what an address answers into `folder`, under the name that its path ends in.

    Raises:
        UnusableSample: there is no good answer, or it is larger than `most` bytes.
    """
    shown = origin_of(address)
    # Handlers are listed, so that file:// and ftp:// have none.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _OnlyWeb(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(address, headers={"User-Agent": _AGENT})
    to = folder / (PurePosixPath(unquote(urlsplit(address).path)).name or "sample")
    try:
        with opener.open(request, timeout=_SECONDS) as answer, to.open("wb") as out:
            _copied(answer, out, shown, show, most)
    except urllib.error.HTTPError as error:
        error.close()
        raise unusable(
            shown, f"answer {error.code} {error.reason}", "an address that answers without a log-in"
        ) from error
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise unusable(
            shown, f"no answer: {reason}", "an address that can be reached from here"
        ) from error
    return to


def _copied(answer: Any, out: IO[bytes], shown: str, show: Show, most: int) -> None:
    length = int(answer.headers.get("Content-Length") or 0)
    total = f" of {length >> 20:,} MiB" if length else ""
    done = 0
    while piece := answer.read(_PIECE):
        done += len(piece)
        if max(done, length) > most:
            raise unusable(
                shown,
                f"more than {most >> 20:,} MiB",
                "a sample",
                "Fetch a part of it, then name the file.",
            )
        out.write(piece)
        show(f"{done >> 20:,} MiB{total} fetched")
    if length and done < length:
        raise unusable(shown, f"{done:,} bytes of {length:,}", "the whole answer", "Try again.")
