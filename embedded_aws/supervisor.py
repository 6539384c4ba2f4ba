"""Starts, stops and erases the embedded AWS of a state directory.

python -m embedded_aws.supervisor start|stop|status|erase --state-dir DIR
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import socket
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from dataplatform.errors import WeirError
from embedded_aws.client import Endpoint
from embedded_aws.errors import DiskFull, NotRunning, PortTaken
from embedded_aws.processes import Processes, ProcessRecord, ProcessSpec
from embedded_aws.server_environment import server_environment
from embedded_aws.state import StateDir
from embedded_aws.tls import ensure_certificates
from embedded_aws.tools import Tools

SERVER: Final = "aws"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 8
FREE_BYTES: Final = 1 << 30
"""Below this the lake's tables and Spark's shuffles soon fail in ways that explain nothing."""

_HOST: Final = "127.0.0.1"
_REPOSITORY: Final = Path(__file__).resolve().parent.parent


def start(
    state_dir: Path | str, tools: Tools | None = None, *, port: int | None = None
) -> Endpoint:
    """Start the embedded AWS, or find it running, and wait until it answers.

    Without `port`, the port of the last start is used again where it is free.

    Raises:
        PortTaken: another process has the `port` that was asked for.
        DiskFull: less than `FREE_BYTES` are free.
        StartFailed: it didn't come up; the message ends with its log.
    """
    state = StateDir.at(state_dir)
    with _exclusive(state):
        processes = Processes(state)
        if processes.find(SERVER):
            return Endpoint.read(state.root)
        _clean(state, processes)
        _require_space(state)
        certificates = ensure_certificates(state.tls)
        with _listen(state, port) as listener:
            number = listener.getsockname()[1]
            url = f"https://{_HOST}:{number}"
            record = processes.start(
                ProcessSpec(
                    name=SERVER,
                    argv=[
                        *(sys.executable, "-m", "embedded_aws.server"),
                        *("--listener", str(listener.fileno())),
                    ],
                    env=server_environment(state, certificates, tools or Tools.discover(), number)
                    | {"PYTHONPATH": str(_REPOSITORY)},
                    ready=_answers(url, certificates.authority),
                    descriptors=(listener.fileno(),),
                ),
                seconds=START_SECONDS,
            )
        state.port.write_text(str(number))
        endpoint = Endpoint(
            endpoint=url,
            ca_bundle=str(certificates.authority),
            trust_store=str(certificates.trust_store),
            pid=record.pid,
        )
        endpoint.write(state)
        return endpoint


def start_process(
    state_dir: Path | str, spec: ProcessSpec, *, seconds: float = 30
) -> ProcessRecord:
    """Run another process beside the server until `stop`; one that runs already is left alone.

    Raises:
        StartFailed: it ended or wasn't ready in time.
    """
    state = StateDir.at(state_dir)
    with _exclusive(state):
        processes = Processes(state)
        return processes.find(spec.name) or processes.start(spec, seconds=seconds)


def stop(state_dir: Path | str) -> bool:
    """Stop everything of a state directory; True if something ran. Data stays.

    Raises:
        StopFailed: a process outlived SIGKILL.
    """
    state = StateDir.at(state_dir)
    if not state.root.exists():
        return False
    with _exclusive(state):
        return _clean(state, Processes(state))


def erase(state_dir: Path | str) -> None:
    """Stop everything and remove what the embedded AWS wrote, and nothing else."""
    state = StateDir.at(state_dir)
    stop(state.root)
    for path in state.owned():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if state.root.exists() and not any(state.root.iterdir()):
        state.root.rmdir()


def status(state_dir: Path | str) -> Endpoint | None:
    """The running server, if its process lives."""
    state = StateDir.at(state_dir)
    if not Processes(state).find(SERVER):
        return None
    try:
        return Endpoint.read(state.root)
    except NotRunning:
        return None  # Still starting.


def _clean(state: StateDir, processes: Processes) -> bool:
    """Stop what runs, kill what a crash left, and remove what neither should leave."""
    records = sorted(processes.records(), key=lambda record: record.name == SERVER)
    ran = any(record.alive() for record in records)
    for record in records:
        processes.stop(record, seconds=STOP_SECONDS)
    state.endpoint.unlink(missing_ok=True)
    shutil.rmtree(state.run, ignore_errors=True)
    return ran


@contextmanager
def _exclusive(state: StateDir) -> Iterator[None]:
    """One start or stop at a time; a second waits."""
    state.root.mkdir(parents=True, exist_ok=True)
    with state.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_space(state: StateDir) -> None:
    free = shutil.disk_usage(state.root).free
    if free < FREE_BYTES:
        raise DiskFull(
            f"{free >> 20} MiB are free in {state.root}, {FREE_BYTES >> 20} MiB are needed",
            why="Tables, logs and shuffles would fail halfway.",
            remedy="Make room there, or put the state elsewhere.",
        )


def _listen(state: StateDir, port: int | None) -> socket.socket:
    """A listening socket, made here so that nobody can take the port before the server has it."""
    if port is not None:
        try:
            return _bind(port)
        except OSError as error:
            raise PortTaken(
                f"Port {port} of {_HOST} can't be opened: {error.strerror}",
                why="The embedded AWS would have nowhere to listen.",
                remedy="Stop what uses it, or leave the choice of the port to Weir.",
            ) from error
    try:
        return _bind(int(state.port.read_text()))
    except (FileNotFoundError, ValueError, OSError):
        return _bind(0)


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _answers(url: str, authority: Path) -> Callable[[], bool]:
    context = ssl.create_default_context(cafile=str(authority))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )

    def ask() -> bool:
        try:
            with opener.open(f"{url}/_ministack/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; exit code 4 for anything wrong with the machine."""
    parser = argparse.ArgumentParser(prog="embedded_aws.supervisor", description=__doc__)
    parser.add_argument("verb", choices=("start", "stop", "status", "erase"))
    parser.add_argument("--state-dir", type=Path, default=Path(".weir"))
    parser.add_argument("--port", type=int, help="refuse to start on another port")
    options = parser.parse_args(argv)
    try:
        if options.verb == "start":
            _show(start(options.state_dir, port=options.port))
        elif options.verb == "stop":
            print("stopped" if stop(options.state_dir) else "nothing was running")
        elif options.verb == "erase":
            erase(options.state_dir)
        else:
            running = status(options.state_dir)
            _show(running)
            return 0 if running else 1
    except WeirError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 4
    return 0


def _show(endpoint: Endpoint | None) -> None:
    print(json.dumps(asdict(endpoint) if endpoint else {"endpoint": None}), file=sys.stdout)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
