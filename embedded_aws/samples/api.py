"""The sales API as a process of its own: `python -m embedded_aws.samples.api --state-dir D`.

It writes `D/api.json` once it answers: {"url", "port", "api_key", "pid"}; SIGTERM ends it.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from embedded_aws.errors import EmbeddedAwsError
from embedded_aws.samples.faults import FaultSequence, FaultSettings
from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.sales import SalesStore
from embedded_aws.samples.server import SalesApi

ADDRESS_FILE: Final = "api.json"
"""In the state directory, while the API answers."""

_KEY: Final = "api.key"
_LOCK: Final = "api.lock"


class SamplesNotStarted(EmbeddedAwsError):
    """The sample API can't start."""


@dataclass(frozen=True)
class Address:
    """Where a running API is, and the key that it takes."""

    url: str
    port: int
    api_key: str
    pid: int

    @classmethod
    def read(cls, state_dir: Path) -> Self | None:
        """The running API's address; None where none runs."""
        try:
            return cls(**json.loads((state_dir / ADDRESS_FILE).read_text()))
        except FileNotFoundError:
            return None


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    options = _options(argv)
    try:
        with _alone(options.state_dir):
            serve(options)
    except EmbeddedAwsError as error:
        sys.stderr.write(f"✗ {error}\n")
        sys.exit(4)


def serve(options: argparse.Namespace) -> None:
    """Open the state, listen, write the address, and answer requests."""
    state_dir: Path = options.state_dir
    store = SalesStore.open(state_dir / "sales.sqlite", Foodmart.open(options.jar, options.cache))
    settings = FaultSettings() if options.faults else FaultSettings(rates={})
    api = SalesApi(store, FaultSequence(settings), _key(state_dir))
    try:
        server = api.server(options.port)
    except OSError as error:
        raise SamplesNotStarted(
            f"127.0.0.1:{options.port}: {error.strerror}",
            why="The sample sales API has nowhere to listen.",
            remedy="Give another --port; 0 takes a free one.",
        ) from error
    port = server.server_address[1]
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop that this handler interrupts, so it needs its own thread.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    address = Address(f"http://127.0.0.1:{port}", int(port), api.key, os.getpid())
    _write_private(state_dir / ADDRESS_FILE, json.dumps(asdict(address)))
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        (state_dir / ADDRESS_FILE).unlink(missing_ok=True)
        server.server_close()
        store.close()


@contextmanager
def _alone(state_dir: Path) -> Iterator[None]:
    """One API for each state directory; the system frees the lock even after a crash."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SamplesNotStarted(
                f"{state_dir}: a sample API already runs on this state",
                why="Two would write the same file.",
                remedy="Use that one (its address is in api.json), or end it first.",
            ) from error
        # An address left by one that was killed would name a stranger's port.
        (state_dir / ADDRESS_FILE).unlink(missing_ok=True)
        yield


def _key(state_dir: Path) -> str:
    """The same key from one start to the next, made at the first."""
    path = state_dir / _KEY
    if not path.is_file():
        _write_private(path, secrets.token_urlsafe(24))
    return path.read_text()


def _write_private(path: Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}")
    scratch.unlink(missing_ok=True)
    scratch.touch(mode=0o600)
    scratch.write_text(text)
    scratch.replace(path)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    tools = _tools()
    parser = argparse.ArgumentParser(prog="embedded_aws.samples.api")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--no-faults", dest="faults", action="store_false")
    for name, key in (("--jar", "foodmart"), ("--cache", "cache")):
        known = Path(tools[key]) if tools.get(key) else None
        parser.add_argument(name, type=Path, default=known, required=known is None)
    return parser.parse_args(argv)


def _tools() -> dict[str, str]:
    """Paths that the wrapper found, where it started this."""
    path = os.environ.get("WEIR_TOOLS", "")
    return dict(json.loads(Path(path).read_text())) if path and Path(path).is_file() else {}


if __name__ == "__main__":
    main()
