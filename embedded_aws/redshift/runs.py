"""Statements under way and done: run by worker threads, kept for a while, bounded in size."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from embedded_aws.redshift.engine.session import Session
from embedded_aws.redshift.engine.transaction import Result
from embedded_aws.redshift.errors import ApiError, SqlError

_WORKERS: Final = 4
_KEPT_STATEMENTS: Final = 1_000
_KEPT_ROWS: Final = 2_000_000
_INTERRUPT_SECONDS: Final = 0.1
DONE: Final = ("FINISHED", "FAILED", "ABORTED")


@dataclass
class Part:
    """One SQL statement of a run."""

    sql: str
    status: str = "SUBMITTED"
    error: str = ""
    started: float = 0.0
    seconds: float = 0.0
    result: Result = field(default_factory=Result)


@dataclass
class Run:
    """What one ExecuteStatement or BatchExecuteStatement started."""

    parts: list[Part]
    batch: bool
    auto_commit: bool
    parameters: Mapping[str, str]
    details: dict[str, Any]
    caller: str
    owner_id: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "SUBMITTED"
    error: str = ""
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    cancelled: threading.Event = field(default_factory=threading.Event)
    interrupt: Callable[[], None] | None = None
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def rows_kept(self) -> int:
        """Rows of results that this run holds in memory."""
        return sum(len(part.result.records) for part in self.parts)


class Runs:
    """All runs. Sessions are opened and closed in the worker, so that none outlives its run."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="redshift")

    def submit(
        self, run: Run, token: str, open_session: Callable[[threading.Event], Session]
    ) -> Run:
        """Start a run; the same caller's token gives the run that it started before."""
        key = (run.caller, token)
        with self._lock:
            if token and (known := self._runs.get(self._tokens.get(key, ""))):
                return known
            self._runs[run.id] = run
            if token:
                self._tokens[key] = run.id
            self._drop_oldest()
        context = contextvars.copy_context()  # account and region go along into the thread
        self._workers.submit(context.run, _execute, run, open_session)
        return run

    def get(self, identifier: str) -> Run:
        """The run of that id."""
        with self._lock:
            run = self._runs.get(identifier.split(":")[0])
        if run is None:
            raise ApiError("ResourceNotFoundException", f"Query {identifier} does not exist.")
        return run

    def all(self) -> list[Run]:
        """Newest first."""
        with self._lock:
            return list(reversed(self._runs.values()))

    def cancel(self, run: Run) -> None:
        """Stop a run; what it changed is rolled back."""
        if run.status in DONE:
            raise ApiError(
                "ValidationException",
                f"Could not cancel a query that is already in {run.status} state with ID: {run.id}",
            )
        run.cancelled.set()
        threading.Thread(target=_interrupt, args=(run,), daemon=True).start()

    def stop(self) -> None:
        """Cancel what runs and wait for it; nothing is submitted afterwards."""
        for run in self.all():
            if run.status not in DONE:
                self.cancel(run)
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _drop_oldest(self) -> None:
        rows = sum(run.rows_kept for run in self._runs.values())
        for identifier in list(self._runs):
            run = self._runs[identifier]
            if len(self._runs) <= _KEPT_STATEMENTS and rows <= _KEPT_ROWS:
                return
            if run.status in DONE:
                rows -= run.rows_kept
                del self._runs[identifier]
                self._tokens = {k: v for k, v in self._tokens.items() if v != identifier}


def new_parts(statements: Sequence[str]) -> list[Part]:
    """The parts of a run, in order."""
    return [Part(sql) for sql in statements]


def _execute(run: Run, open_session: Callable[[threading.Event], Session]) -> None:
    """Run all parts in one transaction (or each in its own); the first error undoes it."""
    run.status, run.updated = "STARTED", time.time()
    try:
        session = open_session(run.cancelled)
        run.interrupt = session.interrupt
        try:
            for part in run.parts:
                _execute_part(session, part, run.parameters)
                if run.auto_commit:
                    session.commit()
            session.commit()
        finally:
            run.interrupt = None
            session.close()
        run.status = "FINISHED"
    except Exception as error:
        _fail(run, error)
    finally:
        run.updated = time.time()
        run.done.set()


def _interrupt(run: Run) -> None:
    """Interrupt until the run has ended: DuckDB forgets what comes just before a query begins."""
    while True:
        interrupt = run.interrupt
        if interrupt is not None:
            # The worker may close the connection between these two lines: then it has ended.
            with contextlib.suppress(duckdb.ConnectionException):
                interrupt()
        if run.done.wait(_INTERRUPT_SECONDS):
            return


def _execute_part(session: Session, part: Part, parameters: Mapping[str, str]) -> None:
    part.status, part.started = "STARTED", time.time()
    try:
        part.result = session.run(part.sql, parameters)
        part.status = "FINISHED"
    except Exception:
        part.status = "FAILED"
        raise
    finally:
        part.seconds = time.time() - part.started


def _fail(run: Run, error: Exception) -> None:
    # A bug of ours must end the statement like any other error: a caller polls for an end.
    message = str(error) if isinstance(error, SqlError) else f"internal error: {error!r}"
    run.status = "ABORTED" if run.cancelled.is_set() else "FAILED"
    run.error = f"ERROR: {message}"
    for number, part in enumerate(run.parts, start=1):
        if part.status == "FAILED":
            part.error = f"ERROR: {message}"
            if run.batch:
                run.error = f"Query #{number} failed with ERROR: {message}"
        elif part.status == "SUBMITTED":
            part.status = "ABORTED"
