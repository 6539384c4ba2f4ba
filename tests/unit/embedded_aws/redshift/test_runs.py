from __future__ import annotations

import threading
from typing import Any

from embedded_aws.redshift.errors import SqlError
from embedded_aws.redshift.runs import Run, Runs, new_parts


class DeafSession:
    """Misses the first interrupt, as DuckDB does where it comes just before a query begins."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.stopped = threading.Event()
        self.interrupts = 0

    def run(self, sql: str, parameters: Any) -> None:
        self.running.set()
        assert self.stopped.wait(10), "never interrupted again"
        raise SqlError("Query (0) cancelled on user's request")

    def interrupt(self) -> None:
        self.interrupts += 1
        if self.interrupts > 1:
            self.stopped.set()

    def commit(self) -> None: ...

    def close(self) -> None: ...


def test_a_statement_is_interrupted_until_it_has_ended() -> None:
    session, runs = DeafSession(), Runs()
    run = Run(new_parts(["SELECT 1"]), False, False, {}, {}, "caller", "owner")
    runs.submit(run, "", lambda _: session)  # type: ignore[arg-type, return-value]
    assert session.running.wait(10)
    runs.cancel(run)
    assert run.done.wait(10)
    assert run.status == "ABORTED"
