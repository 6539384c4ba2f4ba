"""The newest run has a word of its own, `last`."""

from __future__ import annotations

from typing import Any

import pytest

from cli.target import Target, UnknownRun
from tests.unit.cli.conftest import RUN


class Ledger:
    """Runs, newest first."""

    def __init__(self, *runs: Any) -> None:
        self._runs = list(runs)

    def runs(self, limit: int) -> list[Any]:
        return self._runs[:limit]

    def run(self, run_id: str) -> Any:
        return {run.run_id: run for run in self._runs}[run_id]


def of(ledger: Ledger) -> Target:
    target: Any = Target("dev", embedded=True)
    target.__dict__["ledger"] = ledger
    return target


def test_last_is_the_newest_run() -> None:
    assert of(Ledger(RUN)).run("last") is RUN
    assert of(Ledger(RUN)).run(RUN.run_id) is RUN


@pytest.mark.parametrize("ledger", [Ledger(), Ledger(RUN)])
def test_an_unknown_run_is_told(ledger: Ledger) -> None:
    with pytest.raises(UnknownRun):
        of(ledger).run("last" if not ledger.runs(1) else "latest")
